using System.Diagnostics;
using System.Globalization;

namespace RankMyBrand.Benchmarks.Servers;

/// <summary>A service of the platform as a process of its own, as it is deployed.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServiceProcess(Process process) => _process = process;

    /// <summary>Starts a service that this program references; it writes nothing but warnings.</summary>
    public static ServiceProcess Start(string name, IReadOnlyDictionary<string, string> settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, $"{name}.dll")])
        {
            UseShellExecute = false,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        foreach (var (key, value) in settings)
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        return new ServiceProcess(Process.Start(start) ?? throw new InvalidOperationException($"{name} could not be started."));
    }

    /// <summary>The most memory that it has ever had resident, in bytes. Fails when the process has ended.</summary>
    public long PeakResidentBytes()
    {
        var line = _process.HasExited
            ? throw new InvalidOperationException($"The service ended with status {_process.ExitCode}.")
            : File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.AsSpan("VmHWM:".Length).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
