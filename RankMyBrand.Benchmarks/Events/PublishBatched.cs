using System.Diagnostics;
using RankMyBrand.Benchmarks.Running;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Benchmarks.Events;

/// <summary>Batches of events against redis-benchmark with pipelines.</summary>
internal sealed class PublishBatched : Benchmark
{
    private const int BatchSize = 500;
    private const int Publishers = 8;

    public override string Suite => "events";

    public override int Order => 10;

    public override async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var redis = await run.Servers.RedisAsync(cancellationToken);
        using var host = await EventLoad.StartHostAsync(redis, null, cancellationToken);
        var bus = host.Bus();
        var payload = EventLoad.Payload(200);
        var count = run.Amount(500_000);
        var (ours, peer) = await run.CompareAsync(
            async stop =>
            {
                await run.Servers.RedisAsync(stop);
                return await PublishAsync(bus, count, payload);
            },
            async stop =>
            {
                await run.Servers.RedisAsync(stop);
                return await RedisBenchmarkPeer.AppendAsync(redis, EventLoad.Stream, count, connections: 50, pipeline: 64, payload, stop);
            },
            cancellationToken);
        await host.StopAsync(cancellationToken);
        return [Figure.MoreIsBetter(
            "publish, batched", "events/s", ours, peer, "redis-benchmark XADD -c 50 -P 64", 0.9,
            $"200-byte payloads, {Publishers} publishers of {BatchSize} events each")];
    }

    private static async Task<double> PublishAsync(IEventBus bus, int count, byte[] payload)
    {
        var left = count / BatchSize;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                var results = await bus.PublishAsync(EventLoad.Stream, EventLoad.Events(BatchSize, payload));
                if (results.FirstOrDefault(result => result.Rejection is not null).Rejection is { } rejection)
                    throw new InvalidOperationException(rejection.Detail);
            }
        })));
        return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
