using System.Globalization;
using System.Text.RegularExpressions;
using RankMyBrand.Benchmarks.Servers;

namespace RankMyBrand.Benchmarks.Gateway.Load;

/// <summary>The load generator wrk: as many requests as the server takes.</summary>
internal static partial class Wrk
{
    private const int Connections = 64;

    /// <summary>Loads an address and returns how many requests a second were answered.</summary>
    /// <exception cref="InvalidOperationException">Not every request was answered, and with success.</exception>
    public static async Task<double> RunAsync(Uri address, string apiKey, TimeSpan duration, CancellationToken cancellationToken)
    {
        await InstallAsync(cancellationToken);
        var output = await Tool.RunAsync(
            "wrk",
            [
                "-t1", string.Create(CultureInfo.InvariantCulture, $"-c{Connections}"),
                string.Create(CultureInfo.InvariantCulture, $"-d{Math.Max(1, (int)duration.TotalSeconds)}s"),
                "-H", $"X-API-Key: {apiKey}", address.ToString(),
            ],
            cancellationToken);
        if (Rate().Match(output) is not { Success: true } rate || Trouble().IsMatch(output))
            throw new InvalidOperationException($"wrk had trouble with {address}: {output}");
        return double.Parse(rate.Groups["rate"].ValueSpan, CultureInfo.InvariantCulture);
    }

    private static async Task InstallAsync(CancellationToken cancellationToken)
    {
        if (Tool.IsInstalled("wrk") || !Environment.IsPrivilegedProcess || !Tool.IsInstalled("apt-get"))
            return;
        await Tool.RunAsync("apt-get", ["update"], cancellationToken);
        await Tool.RunAsync("apt-get", ["install", "-y", "--no-install-recommends", "wrk"], cancellationToken);
    }

    [GeneratedRegex(@"Requests/sec:\s*(?<rate>[0-9.]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Rate();

    // Time-outs only say that the machine was busy; they count as requests that were not answered.
    [GeneratedRegex(@"Non-2xx|connect [1-9]|read [1-9]|write [1-9]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Trouble();
}
