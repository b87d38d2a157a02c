using System.Globalization;
using System.Text.RegularExpressions;
using RankMyBrand.Benchmarks.Servers;

namespace RankMyBrand.Benchmarks.Gateway.Load;

/// <summary>The load generator wrk: as many requests as the server takes.</summary>
internal static partial class Wrk
{
    private const int Connections = 64;
    private const int MostWarmUpSteps = 20;
    private const double NoticeableGain = 1.03;

    private static readonly TimeSpan s_warmUpStep = TimeSpan.FromSeconds(3);

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

    /// <summary>
    /// Loads a server, for a minute at most, until it gets no faster: a runtime compiles what is used most anew while it serves, which
    /// takes half a minute on a slow machine.
    /// </summary>
    /// <param name="address">The address to load.</param>
    /// <param name="apiKey">The key that the requests carry.</param>
    /// <param name="untilSteady">Whether to wait for that; otherwise the load lasts for three seconds.</param>
    /// <param name="cancellationToken">Ends the load.</param>
    public static async Task WarmUpAsync(Uri address, string apiKey, bool untilSteady, CancellationToken cancellationToken)
    {
        var (best, idle) = (0.0, 0);
        for (var step = 0; step < (untilSteady ? MostWarmUpSteps : 1) && idle < 3; step++)
        {
            var rate = await RunAsync(address, apiKey, s_warmUpStep, cancellationToken);
            idle = rate > best * NoticeableGain ? 0 : idle + 1;
            best = Math.Max(best, rate);
        }
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
