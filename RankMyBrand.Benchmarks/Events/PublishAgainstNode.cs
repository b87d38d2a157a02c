using RankMyBrand.Benchmarks.Running;

namespace RankMyBrand.Benchmarks.Events;

/// <summary>Fifty awaiting callers against the publisher of the Node design at the same concurrency.</summary>
internal sealed class PublishAgainstNode : Benchmark
{
    public override string Suite => "events";

    public override int Order => 30;

    public override async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var redis = await run.Servers.RedisAsync(cancellationToken);
        using var host = await EventLoad.StartHostAsync(redis, null, cancellationToken);
        var bus = host.Bus();
        var payload = EventLoad.Payload(200);
        var (ours, peer) = await run.CompareAsync(
            async stop =>
            {
                await run.Servers.RedisAsync(stop);
                return await PublishAwaited.PublishAsync(bus, run.Amount(200_000), payload);
            },
            async stop =>
            {
                await run.Servers.RedisAsync(stop);
                return await NodeDesign.RunAsync("publish.js", redis, [run.Amount(50_000), PublishAwaited.Callers, payload.Length], stop);
            },
            cancellationToken);
        await host.StopAsync(cancellationToken);
        return [Figure.MoreIsBetter(
            "publish, against the Node design", "events/s", ours, peer, "ioredis, XADD and HINCRBY awaited for each event", 3,
            "200-byte payloads, 50 concurrent callers on both sides")];
    }
}
