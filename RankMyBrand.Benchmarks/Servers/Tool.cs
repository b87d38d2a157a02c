using System.Diagnostics;

namespace RankMyBrand.Benchmarks.Servers;

/// <summary>Runs other programs: the peers, and what prepares them.</summary>
internal static class Tool
{
    /// <summary>Runs a program to its end and returns what it wrote.</summary>
    /// <exception cref="MissingToolException">It is not installed.</exception>
    /// <exception cref="InvalidOperationException">It failed; the message has what it said.</exception>
    public static async Task<string> RunAsync(
        string program,
        IEnumerable<string> arguments,
        CancellationToken cancellationToken,
        string? directory = null,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(Find(program), arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = directory ?? "",
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
            start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} could not be started.");
        try
        {
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0
                ? output
                : throw new InvalidOperationException($"{program} ended with status {process.ExitCode}: {(await error).Trim()}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static string Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists)
        ?? throw new MissingToolException(program, program switch
        {
            "redis-benchmark" => "On Debian: apt-get install redis-tools.",
            "psql" => "On Debian: apt-get install postgresql-client.",
            "node" or "npm" => "Install Node.js 20 or later.",
            _ => $"Install {program}.",
        });
}
