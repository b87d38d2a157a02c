using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>The load generator wrk, which asks without a pause until it is stopped, and counts what went wrong.</summary>
internal sealed partial class Wrk : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _report;

    private Wrk(Process process)
    {
        _process = process;
        _report = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Skips the test where there is no wrk.</summary>
    public static void SkipUnlessInstalled() => Assert.SkipUnless(
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(directory => File.Exists(Path.Combine(directory, "wrk"))),
        "wrk is not installed; 'apt-get install wrk' installs it on Debian.");

    /// <summary>Begins to load an address.</summary>
    public static Wrk Start(Uri address, string apiKey)
    {
        // Longer than any test; and an answer counts however late it comes, since a busy machine is not what is tested.
        var start = new ProcessStartInfo("wrk", ["-t1", "-c8", "-d600s", "--timeout", "120s", "-H", $"X-API-Key: {apiKey}", address.ToString()])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        return new Wrk(Process.Start(start)!);
    }

    /// <summary>Stops and tells how many requests were answered, and the lines about those that were not, or not with success.</summary>
    public async Task<(int Requests, IReadOnlyList<string> Trouble)> StopAsync()
    {
        // At SIGINT it reports what there is so far.
        using (var kill = Process.Start("kill", ["-INT", _process.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        var report = await _report;
        Assert.True(Requests().Match(report) is { Success: true }, $"wrk has not reported: {report}");
        return (
            int.Parse(Requests().Match(report).Groups["count"].ValueSpan, CultureInfo.InvariantCulture),
            [.. report.Split('\n').Where(line => line.Contains("Socket errors", StringComparison.Ordinal) || line.Contains("Non-2xx", StringComparison.Ordinal))]);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    [GeneratedRegex(@"(?<count>\d+) requests in", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Requests();
}
