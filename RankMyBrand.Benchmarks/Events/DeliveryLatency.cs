using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Benchmarks.Running;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Benchmarks.Events;

/// <summary>The time from the call of PublishAsync to the handler's, at a thousand events a second.</summary>
internal sealed class DeliveryLatency : Benchmark
{
    private const int PerSecond = 1000;

    public override string Suite => "events";

    public override int Order => 50;

    public override async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var redis = await run.Servers.RedisAsync(cancellationToken);
        using var host = await EventLoad.StartHostAsync(
            redis,
            builder =>
            {
                builder.Services.AddSingleton(new ConcurrentQueue<long>());
                builder.AddEventHandler<Stopwatches>([EventLoad.Stream], "latency");
            },
            cancellationToken);
        var latencies = host.Services.GetRequiredService<ConcurrentQueue<long>>();
        await PublishAsync(host.Bus(), run.Amount(3000), latencies, cancellationToken);

        var (p50, p99) = (new List<double>(), new List<double>());
        for (var round = 0; round < run.Rounds; round++)
        {
            await PublishAsync(host.Bus(), run.Amount(5000), latencies, cancellationToken);
            var ordered = latencies.Order().ToArray();
            p50.Add(Milliseconds(ordered[ordered.Length / 2]));
            p99.Add(Milliseconds(ordered[(int)(ordered.Length * 0.99)]));
        }

        await host.StopAsync(cancellationToken);
        const string Note = "publish to handler at 1,000 events/s, Redis syncing each write; the median of the rounds";
        return
        [
            Figure.AtMost("delivery latency, p50", "ms", BenchmarkRun.Median(p50), 1, Note),
            Figure.AtMost("delivery latency, p99", "ms", BenchmarkRun.Median(p99), 5, Note),
        ];
    }

    private static double Milliseconds(long ticks) => ticks * 1000.0 / Stopwatch.Frequency;

    private static async Task PublishAsync(IEventBus bus, int count, ConcurrentQueue<long> latencies, CancellationToken cancellationToken)
    {
        latencies.Clear();
        await await Task.Factory.StartNew(
            () => PublishInTime(bus, count), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        while (latencies.Count < count)
            await Task.Delay(1, cancellationToken);
    }

    // On a thread of its own: timers of the runtime come in steps of a millisecond or two, so that events would come two at a time.
    private static Task PublishInTime(IEventBus bus, int count)
    {
        var started = Stopwatch.GetTimestamp();
        var published = new List<Task>(count);
        while (published.Count < count)
        {
            // What is late is made up for; each event's own time counts from its own call.
            if (Stopwatch.GetElapsedTime(started).TotalSeconds * PerSecond >= published.Count)
                published.Add(PublishNowAsync(bus));
            else
                Thread.Sleep(1);
        }

        return Task.WhenAll(published);
    }

    private static Task<PublishedEvent> PublishNowAsync(IEventBus bus)
    {
        Span<byte> number = stackalloc byte[20];
        Utf8Formatter.TryFormat(Stopwatch.GetTimestamp(), number, out var length);
        return bus.PublishAsync(EventLoad.Stream, new StreamEvent { Type = EventLoad.Type, Data = number[..length].ToArray() }).AsTask();
    }

    /// <summary>An event's payload is the time of its publication.</summary>
    private sealed class Stopwatches(ConcurrentQueue<long> latencies) : IEventHandler
    {
        public Task HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
        {
            var now = Stopwatch.GetTimestamp();
            foreach (var delivery in deliveries)
            {
                if (Utf8Parser.TryParse(delivery.Event.Data.Span, out long published, out _))
                    latencies.Enqueue(now - published);
            }

            return Task.CompletedTask;
        }
    }
}
