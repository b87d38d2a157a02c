using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using static RankMyBrand.Tests.Foundation.Events.Consuming.Handling;

namespace RankMyBrand.Tests.Foundation.Events.Consuming;

public class ConsumerTelemetryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Gauges_OfAPausedGroup_TellLagPendingAndPause()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var release = new TaskCompletionSource();
        await using var host = await StartAsync(redis, (_, _) => release.Task, options => options.BatchSize = 4);
        using var gauges = new Gauges(host);
        await host.Bus.PublishAsync(Responses, Numbered(0, 4), Cancellation);
        await Eventually.TrueAsync(async () => await host.PendingAsync() == 4);
        await host.Get<ConsumerGroups>().PauseAsync(Responses, "g", Cancellation);
        await host.Bus.PublishAsync(Responses, Numbered(4, 6), Cancellation);

        // A read that began before the pause may have taken some, which are held then.
        await Eventually.TrueAsync(() =>
            gauges["rankmybrand.events.paused"] == 1 && gauges["rankmybrand.events.lag"] + gauges["rankmybrand.events.pending"] == 10);

        Assert.InRange(gauges["rankmybrand.events.pending"] ?? -1, 4, 8);
        Assert.InRange(gauges["rankmybrand.events.pending.age"] ?? -1, 0, 600);
        release.SetResult();
        await host.Get<ConsumerGroups>().ResumeAsync(Responses, "g", Cancellation);
        await Eventually.TrueAsync(() => gauges["rankmybrand.events.lag"] == 0 && gauges["rankmybrand.events.pending"] == 0);
        Assert.Equal(0, gauges["rankmybrand.events.paused"]);
    }

    [Fact]
    public async Task Gauges_WhileRedisIsAway_DoNotHoldUpAScrape()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await StartAsync(redis, (_, _) => Task.CompletedTask);
        using var gauges = new Gauges(host);
        await Eventually.TrueAsync(() => gauges["rankmybrand.events.lag"] == 0);

        await redis.PauseAsync(Cancellation);
        // A scrape that waited for Redis would never end: nobody lets it go on.
        for (var scrape = 0; scrape < 3; scrape++)
            _ = gauges["rankmybrand.events.lag"];
        await redis.ContinueAsync(Cancellation);
    }

    [Fact]
    public async Task Span_OfATypedHandler_IsAChildOfThePublishers()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        using var spans = new Spans();
        var seen = new TaskCompletionSource<(Activity? Activity, Delivery Delivery)>();
        await using var host = await StartAsync(redis, (_, delivery) => Task.FromResult(seen.TrySetResult((Activity.Current, delivery))));
        var parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

        await host.Bus.PublishAsync(Responses, Numbered(1) with { TraceParent = parent, CorrelationId = "c-7" }, Cancellation);

        var (activity, delivery) = await seen.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        Assert.Equal(("process ai.responses", ActivityKind.Consumer, parent), (activity?.OperationName, activity?.Kind, activity?.ParentId));
        Assert.Equal("c-7", activity!.GetBaggageItem("correlation_id"));
        Assert.Equal(delivery.Event.Id, activity.GetTagItem("messaging.message.id"));
        Assert.Equal("g", activity.GetTagItem("messaging.consumer.group.name"));
    }

    [Fact]
    public async Task Span_OfABatch_IsLinkedToEachPublisher()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        using var spans = new Spans();
        var seen = new TaskCompletionSource<Activity?>();
        await using var host = await StartBatchesAsync(redis, _ => seen.TrySetResult(Activity.Current));
        string[] parents = ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-1af7651916cd43dd8448eb211c80319c-c7ad6b7169203331-01"];
        await host.Get<ConsumerGroups>().PauseAsync(Responses, "g", Cancellation);

        await host.Bus.PublishAsync(Responses, [.. parents.Select(parent => Numbered(1) with { TraceParent = parent })], Cancellation);
        await host.Get<ConsumerGroups>().ResumeAsync(Responses, "g", Cancellation);

        var activity = await seen.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        Assert.Null(activity?.ParentId);
        Assert.Equal(parents.Select(parent => parent.Split('-')[2]), activity!.Links.Select(link => $"{link.Context.SpanId}"));
    }

    [Fact]
    public async Task Counters_TellWhatWasHandledTriedAgainAndBuried()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await StartAsync(redis, (number, _) => number == 0 ? throw new InvalidOperationException("No.") : Task.CompletedTask);
        using var counted = new Counted(host);

        await host.Bus.PublishAsync(Responses, Numbered(0, 3), Cancellation);

        await Eventually.TrueAsync(() => counted["rankmybrand.events.dead"] == 1);
        Assert.Equal(2, counted["rankmybrand.events.redelivered"]);
        Assert.Equal(5, counted["messaging.client.consumed.messages"]);
    }

    /// <summary>Asks for the gauges of one host, as a scrape does.</summary>
    private sealed class Gauges : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentDictionary<string, long> _values = new();

        public Gauges(EventBusHost host)
        {
            var factory = host.Get<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == factory && instrument.IsObservable)
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => _values[instrument.Name] = value);
            _listener.Start();
        }

        public long? this[string name]
        {
            get
            {
                _values.Clear();
                _listener.RecordObservableInstruments();
                return _values.TryGetValue(name, out var value) ? value : null;
            }
        }

        public void Dispose() => _listener.Dispose();
    }

    private sealed class Counted : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentDictionary<string, long> _values = new();

        public Counted(EventBusHost host)
        {
            var factory = host.Get<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == factory)
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => _values.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
            _listener.Start();
        }

        public long this[string name] => _values.GetValueOrDefault(name);

        public void Dispose() => _listener.Dispose();
    }

    private sealed class Spans : IDisposable
    {
        private readonly ActivityListener _listener = new()
        {
            ShouldListenTo = source => source.Name == EventsTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };

        public Spans() => ActivitySource.AddActivityListener(_listener);

        public void Dispose() => _listener.Dispose();
    }
}
