using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Traces and metrics of the event bus, after OpenTelemetry's semantic conventions for messaging. Durations are in seconds.
/// </summary>
internal sealed class EventsTelemetry
{
    public const string Name = "RankMyBrand.Events";

    private static readonly ActivitySource s_activities = new(Name);

    private readonly Counter<long> _published;
    private readonly Counter<long> _rejected;
    private readonly Histogram<double> _publishDuration;
    private readonly Counter<long> _consumed;
    private readonly Counter<long> _redelivered;
    private readonly Counter<long> _dead;
    private readonly Histogram<double> _processDuration;

    public EventsTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        var durations = new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        };
        _published = meter.CreateCounter<long>("messaging.client.sent.messages", "{message}", "Events appended to their stream.");
        _rejected = meter.CreateCounter<long>("rankmybrand.events.rejected", "{message}", "Events that their stream did not take.");
        _publishDuration = meter.CreateHistogram("messaging.client.operation.duration", "s", "Time until Redis had a batch.", advice: durations);
        _consumed = meter.CreateCounter<long>("messaging.client.consumed.messages", "{message}", "Events that a handler has dealt with.");
        _redelivered = meter.CreateCounter<long>("rankmybrand.events.redelivered", "{message}", "Events delivered again.");
        _dead = meter.CreateCounter<long>("rankmybrand.events.dead", "{message}", "Events moved to the dead letters.");
        _processDuration = meter.CreateHistogram("messaging.process.duration", "s", "Time a handler took for a batch.", advice: durations);
    }

    /// <summary>Whether anybody wants spans; without, no name is put together for them.</summary>
    public static bool IsTracing => s_activities.HasListeners();

    public static Activity? StartPublish(string stream, IReadOnlyList<StreamEvent> events)
    {
        if (!IsTracing)
            return null;
        var activity = s_activities.StartActivity($"publish {stream}", ActivityKind.Producer);
        if (activity is { IsAllDataRequested: true })
        {
            activity.SetTag("messaging.system", "redis");
            activity.SetTag("messaging.operation.type", "send");
            activity.SetTag("messaging.destination.name", stream);
            if (events.Count == 1)
                activity.SetTag("messaging.message.id", events[0].Id);
            else
                activity.SetTag("messaging.batch.message_count", events.Count);
        }

        return activity;
    }

    public void Published(string stream, TimeSpan elapsed)
    {
        var destination = new KeyValuePair<string, object?>("messaging.destination.name", stream);
        _published.Add(1, destination);
        _publishDuration.Record(elapsed.TotalSeconds, destination);
    }

    public void Published(string stream, PublishResult[] results, TimeSpan elapsed)
    {
        var destination = new KeyValuePair<string, object?>("messaging.destination.name", stream);
        var rejected = 0;
        foreach (ref readonly var result in results.AsSpan())
        {
            if (result.Rejection is not { } rejection)
                continue;
            rejected++;
            _rejected.Add(1, destination, new("reason", rejection.Reason.ToString()));
        }

        if (results.Length > rejected)
            _published.Add(results.Length - rejected, destination);
        _publishDuration.Record(elapsed.TotalSeconds, destination);
    }

    /// <summary>Starts the span of a batch, linked to the span of each event's publisher.</summary>
    public static Activity? StartProcess(string stream, string group, IReadOnlyList<Delivery> deliveries)
    {
        if (!s_activities.HasListeners())
            return null;
        // A backend shows a few links well and thousands not at all.
        var links = deliveries.Take(128)
            .Select(delivery => ActivityContext.TryParse(delivery.Event.TraceParent, null, isRemote: true, out var context) ? context : default)
            .Where(context => context != default)
            .Distinct()
            .Select(context => new ActivityLink(context));
        return s_activities.StartActivity(
            ActivityKind.Consumer,
            parentContext: default,
            tags:
            [
                new("messaging.system", "redis"),
                new("messaging.operation.type", "process"),
                new("messaging.destination.name", stream),
                new("messaging.consumer.group.name", group),
                new("messaging.batch.message_count", deliveries.Count),
            ],
            links: links,
            name: $"process {stream}");
    }

    public void Processed(string stream, string group, int count, TimeSpan elapsed)
    {
        TagList tags = new() { { "messaging.destination.name", stream }, { "messaging.consumer.group.name", group } };
        _consumed.Add(count, tags);
        _processDuration.Record(elapsed.TotalSeconds, tags);
    }

    public void Redelivered(string stream, string group, int count) =>
        _redelivered.Add(count, new("messaging.destination.name", stream), new("messaging.consumer.group.name", group));

    public void Dead(string stream, string group) =>
        _dead.Add(1, new("messaging.destination.name", stream), new KeyValuePair<string, object?>("messaging.consumer.group.name", group));
}
