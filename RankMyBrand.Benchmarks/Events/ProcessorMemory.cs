using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Benchmarks.Running;
using RankMyBrand.Benchmarks.Servers;
using StackExchange.Redis;

namespace RankMyBrand.Benchmarks.Events;

/// <summary>
/// The event processor in front of a backlog: its memory must not depend on what waits. Everything that it does is on: the archive and
/// the brand pipeline.
/// </summary>
internal sealed class ProcessorMemory : Benchmark
{
    private const string Stream = "ai.responses";
    private const double GoalMegabytes = 200;

    public override string Suite => "events";

    public override int Order => 60;

    public override async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var count = run.Amount(1_000_000);
        var redis = await run.Servers.RedisAsync(cancellationToken);
        var database = await run.Servers.DatabaseAsync(cancellationToken);
        using (var publisher = await EventLoad.StartHostAsync(
            redis, builder => builder.Configuration[$"Events:Streams:{Stream}:MaxLength"] = "10000000", cancellationToken))
        {
            await ArchiveLoad.PublishAsync(publisher.Bus(), Stream, ResponseTexts.Payloads(200), count, cancellationToken);
            await publisher.StopAsync(cancellationToken);
        }

        await using var client = await ConnectionMultiplexer.ConnectAsync(redis);
        var started = Stopwatch.GetTimestamp();
        await using var processor = ServiceProcess.Start("RankMyBrand.EventProcessor", new Dictionary<string, string>
        {
            ["ConnectionStrings:redis"] = redis.ToString(),
            ["ConnectionStrings:rankmybrand"] = database,
        });
        await ArchiveLoad.WaitUntilStoredAsync(client, Stream, count, () => processor.PeakResidentBytes(), cancellationToken);
        var rate = count / Stopwatch.GetElapsedTime(started).TotalSeconds;
        var peak = processor.PeakResidentBytes() / (1024.0 * 1024.0);
        await using var archive = new ArchiveTarget(database);
        await archive.RequireRowsAsync(Stream, count, cancellationToken);
        return
        [
            Figure.AtMost(
                "processor memory", "MiB", peak, GoalMegabytes, $"peak resident set of the event processor with {count} entries waiting"),
            Figure.Plain("processor, backlog archived", "events/s", rate, "start of the process and brand pipeline included"),
        ];
    }
}
