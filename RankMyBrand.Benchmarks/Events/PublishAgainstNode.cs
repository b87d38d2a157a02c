using RankMyBrand.Benchmarks.Running;

namespace RankMyBrand.Benchmarks.Events;

/// <summary>
/// Awaiting callers against as many of the Node design: fifty, whom the sync of the server holds back on both sides, and as many as it
/// takes to find what either design can do.
/// </summary>
internal sealed class PublishAgainstNode : Benchmark
{
    private static readonly int[] s_callers = [PublishAwaited.Callers, 500];

    public override string Suite => "events";

    public override int Order => 30;

    public override async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var redis = await run.Servers.RedisAsync(cancellationToken);
        using var host = await EventLoad.StartHostAsync(redis, null, cancellationToken);
        var bus = host.Bus();
        var payload = EventLoad.Payload(200);
        var figures = new List<Figure>();
        foreach (var callers in s_callers)
        {
            var (ours, peer) = await run.CompareAsync(
                async stop =>
                {
                    await run.Servers.RedisAsync(stop);
                    return await PublishAwaited.PublishAsync(bus, run.Amount(200_000), callers, payload);
                },
                async stop =>
                {
                    await run.Servers.RedisAsync(stop);
                    return await NodeDesign.RunAsync("publish.js", redis, [run.Amount(50_000), callers, payload.Length], stop);
                },
                cancellationToken);
            figures.Add(Figure.MoreIsBetter(
                $"publish, {callers} callers, against the Node design", "events/s", ours, peer,
                "ioredis, XADD and HINCRBY awaited for each event", 3, $"200-byte payloads, {callers} concurrent callers on both sides"));
        }

        await host.StopAsync(cancellationToken);
        return figures;
    }
}
