using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RankMyBrand.Foundation.Events;

/// <summary>Traces and metrics of consuming, after OpenTelemetry's semantic conventions for messaging. Durations are in seconds.</summary>
internal sealed class ConsumerTelemetry
{
    // A backend shows a few links well and thousands not at all.
    private const int MaxLinks = 128;

    private readonly Counter<long> _consumed;
    private readonly Counter<long> _redelivered;
    private readonly Counter<long> _dead;
    private readonly Histogram<double> _processDuration;

    public ConsumerTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(EventsTelemetry.Name);
        var durations = new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        };
        _consumed = meter.CreateCounter<long>("messaging.client.consumed.messages", "{message}", "Events that a handler was called for.");
        _redelivered = meter.CreateCounter<long>("rankmybrand.events.redelivered", "{message}", "Events delivered again.");
        _dead = meter.CreateCounter<long>("rankmybrand.events.dead", "{message}", "Events moved to the dead letters.");
        _processDuration = meter.CreateHistogram("messaging.process.duration", "s", "Time of one call of a handler.", advice: durations);
    }

    /// <summary>
    /// Starts the span of one event, a child of its publisher's. The event's correlation id goes with whatever the handler calls.
    /// </summary>
    public static Activity? StartProcess(string stream, string group, Delivery delivery)
    {
        if (!EventsTelemetry.IsTracing)
            return null;
        var publisher = ActivityContext.TryParse(delivery.Event.TraceParent, null, isRemote: true, out var context) ? context : default;
        var activity = EventsTelemetry.Activities.StartActivity($"process {stream}", ActivityKind.Consumer, publisher);
        if (activity is null)
            return null;
        if (delivery.Event.CorrelationId is { } correlationId)
            activity.SetBaggage("correlation_id", correlationId);
        if (activity.IsAllDataRequested)
        {
            foreach (var (key, value) in TagsOf(stream, group))
                activity.SetTag(key, value);
            activity.SetTag("messaging.message.id", delivery.Event.Id);
        }

        return activity;
    }

    /// <summary>Starts the span of a batch, linked to the span of each event's publisher.</summary>
    public static Activity? StartProcess(string stream, string group, IReadOnlyList<Delivery> deliveries)
    {
        if (!EventsTelemetry.IsTracing)
            return null;
        var links = deliveries.Take(MaxLinks)
            .Select(
                delivery => ActivityContext.TryParse(delivery.Event.TraceParent, null, isRemote: true, out var context) ? context : default)
            .Where(context => context != default)
            .Distinct()
            .Select(context => new ActivityLink(context));
        return EventsTelemetry.Activities.StartActivity(
            ActivityKind.Consumer,
            parentContext: default,
            tags: [.. TagsOf(stream, group), new("messaging.batch.message_count", deliveries.Count)],
            links: links,
            name: $"process {stream}");
    }

    public void Processed(string stream, string group, int count, TimeSpan elapsed)
    {
        TagList tags = new() { { "messaging.destination.name", stream }, { "messaging.consumer.group.name", group } };
        _consumed.Add(count, tags);
        _processDuration.Record(elapsed.TotalSeconds, tags);
    }

    /// <summary>Attempts beyond the first, in this process or after another consumer's.</summary>
    public void Redelivered(string stream, string group, int count) =>
        _redelivered.Add(count, new("messaging.destination.name", stream), new("messaging.consumer.group.name", group));

    public void Dead(string stream, string group) =>
        _dead.Add(1, new("messaging.destination.name", stream), new KeyValuePair<string, object?>("messaging.consumer.group.name", group));

    private static KeyValuePair<string, object?>[] TagsOf(string stream, string group) =>
    [
        new("messaging.system", "redis"),
        new("messaging.operation.type", "process"),
        new("messaging.destination.name", stream),
        new("messaging.consumer.group.name", group),
    ];
}
