using RankMyBrand.Benchmarks.Gateway.Load;
using RankMyBrand.Benchmarks.Gateway.Servers;
using RankMyBrand.Benchmarks.Running;

namespace RankMyBrand.Benchmarks.Gateway;

/// <summary>What a request through the gateway takes longer than one to the backend itself, at a thousand requests a second.</summary>
internal sealed class AddedLatency : Benchmark
{
    private const int PerSecond = 1000;

    public override string Suite => "gateway";

    public override int Order => 20;

    public override async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        await using var servers = new ProxyServers();
        var gateway = await servers.GatewayAsync(run, cancellationToken);
        var yarp = await servers.YarpAsync(cancellationToken);
        var backend = await servers.BackendAsync(cancellationToken);

        Uri[] addresses = [.. new[] { gateway, yarp, backend }.Select(server => new Uri(server.Address, ProxyServers.Path))];
        foreach (var address in addresses)
            await Wrk.WarmUpAsync(address, servers.Key, untilSteady: !run.Quick, cancellationToken);
        var (p50, p99) = (Array.ConvertAll(addresses, _ => new List<double>()), Array.ConvertAll(addresses, _ => new List<double>()));
        for (var round = 0; round < run.Rounds; round++)
        {
            for (var i = 0; i < addresses.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var latencies = new ConstantRate(addresses[i], servers.Key, PerSecond).Run(TimeSpan.FromSeconds(run.Quick ? 2 : 4));
                p50[i].Add(latencies[latencies.Length / 2].TotalMilliseconds);
                p99[i].Add(latencies[(int)(latencies.Length * 0.99)].TotalMilliseconds);
            }
        }

        var (medians50, medians99) = (Array.ConvertAll(p50, BenchmarkRun.Median), Array.ConvertAll(p99, BenchmarkRun.Median));
        return
        [
            Figure.AtMost("added latency, p50", "ms", medians50[0] - medians50[2], 0.5, Note(medians50)),
            Figure.AtMost("added latency, p99", "ms", medians99[0] - medians99[2], 2, Note(medians99)),
            Figure.Plain("added latency of bare YARP, p50", "ms", medians50[1] - medians50[2], "for comparison"),
            Figure.Plain("added latency of bare YARP, p99", "ms", medians99[1] - medians99[2], "for comparison"),
        ];
    }

    private static string Note(double[] medians) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"at {PerSecond} requests/s, each timed from when it was due; "
        + $"{medians[0]:0.000} ms less {medians[2]:0.000} ms of the backend itself");
}
