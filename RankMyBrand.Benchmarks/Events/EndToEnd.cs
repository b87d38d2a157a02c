using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Benchmarks.Running;
using StackExchange.Redis;

namespace RankMyBrand.Benchmarks.Events;

/// <summary>
/// Publisher, Redis, consumer and PostgreSQL at the same time, from the first publish until the last event is stored and acknowledged.
/// </summary>
internal sealed class EndToEnd : Benchmark
{
    public override string Suite => "events";

    public override int Order => 50;

    public override async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        await using var archive = await ArchiveTarget.CreateAsync(run, cancellationToken);
        await using var plain = await ArchiveTarget.CreateAsync(run, cancellationToken);
        await plain.UseDefaultCompressionAsync(cancellationToken);

        var large = ResponseTexts.Payloads(2048);
        var count = run.Amount(200_000);
        using var psql = new PsqlPeer(large, count);
        var (ours, peer) = await run.CompareAsync(
            stop => MeasureAsync(run, archive, large, count, stop),
            async stop =>
            {
                await plain.EmptyAsync(stop);
                return await psql.LoadAsync(plain.ConnectionString, stop);
            },
            cancellationToken);
        var (_, peerWithLz4) = await run.CompareAsync(
            _ => Task.FromResult(0.0),
            async stop =>
            {
                await archive.EmptyAsync(stop);
                return await psql.LoadAsync(archive.ConnectionString, stop);
            },
            cancellationToken);

        var small = ResponseTexts.Payloads(200);
        var smallCount = run.Amount(500_000);
        var smallRate = await run.MeasureAsync(stop => MeasureAsync(run, archive, small, smallCount, stop), cancellationToken);
        return
        [
            Figure.MoreIsBetter(
                "end to end, 2 KB", "events/s", ours, peer, "psql \\copy into the same hypertable with PostgreSQL's defaults", 0.8,
                $"published, handled, stored and acknowledged; {ArchiveLoad.Publishers} publishers of {ArchiveLoad.BatchSize} "
                + "events each, all servers on the same cores"),
            Figure.Plain("psql \\copy, 2 KB, lz4", "rows/s", peerWithLz4, "the same copy into the table with our settings"),
            Figure.AtLeast("end to end, 200 B", "events/s", smallRate, 30_000, "as above, with payloads of 200 bytes"),
        ];
    }

    private static async Task<double> MeasureAsync(
        BenchmarkRun run, ArchiveTarget archive, IReadOnlyList<byte[]> payloads, int count, CancellationToken cancellationToken)
    {
        var redis = await run.Servers.RedisAsync(cancellationToken);
        await archive.EmptyAsync(cancellationToken);
        using var host = await EventLoad.StartHostAsync(
            redis,
            builder =>
            {
                builder.Configuration["ConnectionStrings:rankmybrand"] = archive.ConnectionString;
                builder.Configuration["Events:Archive:CompressAfter"] = "";
                builder.AddEventArchive();
            },
            cancellationToken);
        var started = Stopwatch.GetTimestamp();
        await ArchiveLoad.PublishAsync(host.Bus(), EventLoad.Stream, payloads, count, cancellationToken);
        await ArchiveLoad.WaitUntilStoredAsync(
            host.Services.GetRequiredService<IConnectionMultiplexer>(), EventLoad.Stream, count, static () => { }, cancellationToken);
        var elapsed = Stopwatch.GetElapsedTime(started);
        await host.StopAsync(cancellationToken);
        await archive.RequireRowsAsync(EventLoad.Stream, count, cancellationToken);
        return count / elapsed.TotalSeconds;
    }
}
