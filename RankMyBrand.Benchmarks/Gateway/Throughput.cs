using RankMyBrand.Benchmarks.Gateway.Load;
using RankMyBrand.Benchmarks.Gateway.Servers;
using RankMyBrand.Benchmarks.Running;

namespace RankMyBrand.Benchmarks.Gateway;

/// <summary>How many requests a second the gateway, bare YARP and Caddy forward to the same backend.</summary>
internal sealed class Throughput : Benchmark
{
    public override string Suite => "gateway";

    public override int Order => 10;

    public override async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        await using var servers = new ProxyServers();
        var gateway = await servers.GatewayAsync(run, cancellationToken);
        var yarp = await servers.YarpAsync(cancellationToken);
        var (caddy, version) = await servers.CaddyAsync(cancellationToken);
        var backend = await servers.BackendAsync(cancellationToken);

        Uri[] addresses = [.. new[] { gateway, yarp, caddy, backend }.Select(server => new Uri(server.Address, ProxyServers.Path))];
        var rates = Array.ConvertAll(addresses, _ => new List<double>());
        foreach (var address in addresses)
            await Wrk.RunAsync(address, servers.Key, TimeSpan.FromSeconds(run.Quick ? 3 : 10), cancellationToken);
        for (var round = 0; round < run.Rounds; round++)
        {
            // In two orders in which nobody follows himself: what was before has left its traces in the caches.
            for (var turn = 0; turn < addresses.Length; turn++)
            {
                var i = round % 2 == 0 ? turn : turn ^ 1;
                rates[i].Add(await Wrk.RunAsync(addresses[i], servers.Key, TimeSpan.FromSeconds(run.Quick ? 2 : 4), cancellationToken));
            }
        }

        var medians = Array.ConvertAll(rates, BenchmarkRun.Median);
        const string Note = "with API key, leased rate limit, metrics and exported traces; wrk -t1 -c64";
        return
        [
            Figure.MoreIsBetter(
                "throughput, against bare YARP", "requests/s", medians[0], medians[1], "YARP 2.1 that only forwards", 0.75, Note),
            Figure.MoreIsBetter(
                "throughput, against Caddy", "requests/s", medians[0], medians[2], $"Caddy {version} reverse-proxy", 2, Note),
            Figure.Plain("throughput of the backend", "requests/s", medians[3], "asked directly"),
        ];
    }
}
