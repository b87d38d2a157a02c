using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Traces and metrics of publishing, after OpenTelemetry's semantic conventions for messaging. Durations are in seconds.
/// </summary>
internal sealed class EventsTelemetry
{
    public const string Name = "RankMyBrand.Events";

    public static readonly ActivitySource Activities = new(Name);

    private readonly Counter<long> _published;
    private readonly Counter<long> _rejected;
    private readonly Histogram<double> _publishDuration;

    public EventsTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        var durations = new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        };
        _published = meter.CreateCounter<long>("messaging.client.sent.messages", "{message}", "Events appended to their stream.");
        _rejected = meter.CreateCounter<long>("rankmybrand.events.rejected", "{message}", "Events that their stream did not take.");
        _publishDuration = meter.CreateHistogram(
            "messaging.client.operation.duration", "s", "Time until Redis had a batch.", advice: durations);
    }

    /// <summary>Whether anybody wants spans; without, no name is put together for them.</summary>
    public static bool IsTracing => Activities.HasListeners();

    public static Activity? StartPublish(string stream, IReadOnlyList<StreamEvent> events)
    {
        if (!IsTracing)
            return null;
        var activity = Activities.StartActivity($"publish {stream}", ActivityKind.Producer);
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
}
