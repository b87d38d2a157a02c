using System.Globalization;
using RankMyBrand.Benchmarks.Gateway.Load;
using RankMyBrand.Benchmarks.Gateway.Servers;
using RankMyBrand.Benchmarks.Running;

namespace RankMyBrand.Benchmarks.Gateway;

/// <summary>The memory of the gateway, and of bare YARP, while ten thousand WebSockets are open and nothing is said.</summary>
internal sealed class IdleWebSockets : Benchmark
{
    private const int Sockets = 10_000;
    private const double Limit = 200;

    public override string Suite => "gateway";

    public override int Order => 60;

    public override async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var hub = await MeasureAsync(run, servers => servers.GatewayAsync(run, cancellationToken), "/ws", filesEach: 1, cancellationToken);
        var ours = await MeasureAsync(run, servers => servers.GatewayAsync(run, cancellationToken), ProxyServers.Path, filesEach: 2, cancellationToken);
        var yarp = await MeasureAsync(run, servers => servers.YarpAsync(cancellationToken), ProxyServers.Path, filesEach: 2, cancellationToken);
        return
        [
            Figure.AtMost(Name(hub, "of the real-time hub"), "MiB", hub.Most, Limit, Note(hub)),
            Figure.AtMost(Name(ours, "forwarded to a backend"), "MiB", ours.Most, Limit, Note(ours)),
            Figure.Plain(Name(yarp, "forwarded by bare YARP"), "MiB", yarp.Most, $"for comparison; {Note(yarp)}"),
        ];
    }

    private static async Task<Memory> MeasureAsync(
        BenchmarkRun run, Func<ProxyServers, Task<ChildServer>> start, string path, int filesEach, CancellationToken cancellationToken)
    {
        await using var servers = new ProxyServers();
        var server = await start(servers);
        var before = await server.MemoryAsync(cancellationToken);
        using var sockets = await WebSocketCrowd.ConnectAsync(new Uri(server.Address, path), servers.Key, Sockets, filesEach, cancellationToken);
        var most = 0.0;
        for (var look = 0; look < (run.Quick ? 3 : 20); look++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            most = Math.Max(most, await server.MemoryAsync(cancellationToken));
        }

        return new Memory(sockets.Count, before, most);
    }

    private static string Name(Memory memory, string kind) =>
        string.Create(CultureInfo.InvariantCulture, $"memory, {memory.Sockets:N0} idle WebSockets {kind}");

    private static string Note(Memory memory) =>
        string.Create(CultureInfo.InvariantCulture, $"the most of the process's proportional set size; {memory.Before:0} MiB without them");

    private readonly record struct Memory(int Sockets, double Before, double Most);
}
