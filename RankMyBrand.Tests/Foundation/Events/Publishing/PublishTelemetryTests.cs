using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events;

public sealed class PublishTelemetryTests
{
    private const string Stream = "metrics.raw";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Publish_SomeAreRefused_CountsThoseByReasonAndTheOthersAsSent()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis, settings: ($"Events:Streams:{Stream}:MaxLength", "4"));
        var counted = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener();
        var factory = host.Get<IMeterFactory>();
        listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == factory)
                listener.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => counted.AddOrUpdate(
            string.Join(' ', [instrument.Name, .. tags.ToArray().Select(tag => tag.Value)]), value, (_, sum) => sum + value));
        listener.Start();

        await host.Bus.PublishAsync(Stream, EventBusTests.Event("1"), Cancellation);
        await host.Bus.PublishAsync(
            Stream, [EventBusTests.Event("2"), EventBusTests.Event("3") with { Type = "" }, EventBusTests.Event("4")], Cancellation);
        await host.Bus.PublishAsync(Stream, [EventBusTests.Event("5"), EventBusTests.Event("6")], Cancellation);

        Assert.Equal(
            [
                ("messaging.client.sent.messages metrics.raw", 4),
                ("rankmybrand.events.rejected metrics.raw Invalid", 1),
                ("rankmybrand.events.rejected metrics.raw StreamFull", 1),
            ],
            counted.Select(one => (one.Key, one.Value)).Order());
    }
}
