using System.Diagnostics;
using RankMyBrand.Benchmarks.Running;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Benchmarks.Events;

/// <summary>Fifty callers that each publish one event, await it, and publish the next.</summary>
internal sealed class PublishAwaited : Benchmark
{
    public const int Callers = 50;

    public override string Suite => "events";

    public override int Order => 20;

    public override async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var redis = await run.Servers.RedisAsync(cancellationToken);
        using var host = await EventLoad.StartHostAsync(redis, null, cancellationToken);
        var bus = host.Bus();
        var payload = EventLoad.Payload(200);
        var count = run.Amount(200_000);
        var (ours, peer) = await run.CompareAsync(
            async stop =>
            {
                await run.Servers.RedisAsync(stop);
                return await PublishAsync(bus, count, Callers, payload);
            },
            async stop =>
            {
                await run.Servers.RedisAsync(stop);
                return await RedisBenchmarkPeer.AppendAsync(
                    redis, EventLoad.Stream, count, connections: Callers, pipeline: 1, payload, stop);
            },
            cancellationToken);
        await host.StopAsync(cancellationToken);
        return [Figure.MoreIsBetter(
            "publish, 50 awaiting callers", "events/s", ours, peer, "redis-benchmark XADD -c 50 -P 1", 0.9, "200-byte payloads")];
    }

    /// <summary>Publishes and returns how many events a second.</summary>
    public static async Task<double> PublishAsync(IEventBus bus, int count, int callers, byte[] payload)
    {
        var left = count;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
                await bus.PublishAsync(EventLoad.Stream, new StreamEvent { Type = EventLoad.Type, Data = payload });
        })));
        return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
