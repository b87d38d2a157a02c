using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Benchmarks.Running;
using RankMyBrand.Foundation.Events;
using StackExchange.Redis;

namespace RankMyBrand.Benchmarks.Events;

/// <summary>A handler works off a backlog, until every entry is acknowledged, against the consumer of the Node design.</summary>
internal sealed class ConsumeAgainstNode : Benchmark
{
    private const string Group = "benchmark";

    public override string Suite => "events";

    public override int Order => 40;

    public override async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var redis = await run.Servers.RedisAsync(cancellationToken);
        using var publisher = await EventLoad.StartHostAsync(redis, null, cancellationToken);
        var payload = EventLoad.Payload(200);
        var (ours, peer) = await run.CompareAsync(
            async stop =>
            {
                await FillAsync(run, publisher.Bus(), run.Amount(300_000), payload, stop);
                return await ConsumeAsync(redis, run.Amount(300_000), stop);
            },
            async stop =>
            {
                await FillAsync(run, publisher.Bus(), run.Amount(10_000), payload, stop);
                return await NodeDesign.RunAsync("consume.js", redis, [run.Amount(10_000)], stop);
            },
            cancellationToken);
        await publisher.StopAsync(cancellationToken);
        return [Figure.MoreIsBetter(
            "consume with acknowledgement", "events/s", ours, peer, "ioredis, COUNT 10 and one awaited XACK for each event", 10,
            "a backlog of 200-byte payloads, one handler, until nothing is pending")];
    }

    private static async Task FillAsync(BenchmarkRun run, IEventBus bus, int count, byte[] payload, CancellationToken cancellationToken)
    {
        await run.Servers.RedisAsync(cancellationToken);
        for (var done = 0; done < count; done += 1000)
            await bus.PublishAsync(EventLoad.Stream, EventLoad.Events(Math.Min(1000, count - done), payload), cancellationToken);
    }

    private static async Task<double> ConsumeAsync(ConfigurationOptions redis, int count, CancellationToken cancellationToken)
    {
        using var host = await EventLoad.StartHostAsync(
            redis,
            builder =>
            {
                builder.Services.AddSingleton(new Countdown(count));
                builder.AddEventHandler<CountingHandler>([EventLoad.Stream], Group);
            },
            cancellationToken);
        var started = Stopwatch.GetTimestamp();
        var database = host.Services.GetRequiredService<IConnectionMultiplexer>().GetDatabase();
        await host.Services.GetRequiredService<Countdown>().Handled.WaitAsync(TimeSpan.FromMinutes(2), cancellationToken);
        while ((await database.StreamPendingAsync(EventLoad.Stream, Group)).PendingMessageCount > 0)
            await Task.Delay(1, cancellationToken);
        var elapsed = Stopwatch.GetElapsedTime(started);
        await host.StopAsync(cancellationToken);
        return count / elapsed.TotalSeconds;
    }

    /// <summary>Completes when so many events have been handled.</summary>
    private sealed class Countdown(int count)
    {
        private readonly TaskCompletionSource _handled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _left = count;

        public Task Handled => _handled.Task;

        public void Handle(int events)
        {
            if (Interlocked.Add(ref _left, -events) <= 0)
                _handled.TrySetResult();
        }
    }

    private sealed class CountingHandler(Countdown countdown) : IEventHandler
    {
        public Task HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
        {
            countdown.Handle(deliveries.Count);
            return Task.CompletedTask;
        }
    }
}
