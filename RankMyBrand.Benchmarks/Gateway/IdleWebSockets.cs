using System.Globalization;
using RankMyBrand.Benchmarks.Gateway.Load;
using RankMyBrand.Benchmarks.Gateway.Servers;
using RankMyBrand.Benchmarks.Running;

namespace RankMyBrand.Benchmarks.Gateway;

/// <summary>The memory of the gateway while ten thousand WebSockets are open and nothing is said.</summary>
internal sealed class IdleWebSockets : Benchmark
{
    private const int Sockets = 10_000;
    private const double Limit = 200;

    public override string Suite => "gateway";

    public override int Order => 60;

    public override async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkRun run, CancellationToken cancellationToken) =>
    [
        await MeasureAsync(run, "/ws", "of the real-time hub", filesEach: 1, cancellationToken),
        await MeasureAsync(run, ProxyServers.Path, "forwarded to a backend", filesEach: 2, cancellationToken),
    ];

    private static async Task<Figure> MeasureAsync(
        BenchmarkRun run, string path, string kind, int filesEach, CancellationToken cancellationToken)
    {
        await using var servers = new ProxyServers();
        var gateway = await servers.GatewayAsync(run, cancellationToken);
        var before = await gateway.MemoryAsync(cancellationToken);
        using var sockets = await WebSocketCrowd.ConnectAsync(
            new Uri(gateway.Address, path), servers.Key, Sockets, filesEach, cancellationToken);
        var memory = new List<double>();
        for (var look = 0; look < (run.Quick ? 3 : 10); look++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            memory.Add(await gateway.MemoryAsync(cancellationToken));
        }

        return Figure.AtMost(
            string.Create(CultureInfo.InvariantCulture, $"memory, {sockets.Count:N0} idle WebSockets {kind}"),
            "MiB",
            memory.Max(),
            Limit,
            string.Create(CultureInfo.InvariantCulture, $"the most of the gateway's proportional set size; {before:0} MiB without them"));
    }
}
