using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RankMyBrand.Foundation.Events;

/// <summary>What waits in the outbox for one stream.</summary>
internal sealed record OutboxLag(string Stream, long Waiting, long Rejected, TimeSpan OldestAge);

/// <summary>Traces and metrics of the outbox. The lag is reported by the relay that leads.</summary>
internal sealed class OutboxTelemetry
{
    public const string Name = "RankMyBrand.Outbox";

    private static readonly ActivitySource s_activities = new(Name);

    private readonly Counter<long> _relayed;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _failures;
    private readonly Histogram<double> _delay;
    private volatile IReadOnlyList<OutboxLag>? _lags;

    public OutboxTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _relayed = meter.CreateCounter<long>(
            "rankmybrand.outbox.relayed", "{message}", "Events moved from the outbox to their stream.");
        _duplicates = meter.CreateCounter<long>(
            "rankmybrand.outbox.duplicates", "{message}", "Relayed events that their stream had already.");
        _failures = meter.CreateCounter<long>(
            "rankmybrand.outbox.failures", "{failure}", "Pauses of a stream because it did not take an event.");
        _delay = meter.CreateHistogram<double>("rankmybrand.outbox.delay", "s", "Time from the adding transaction's start to its stream.");
        meter.CreateObservableGauge(
            "rankmybrand.outbox.waiting", () => Measure(lag => lag.Waiting), "{message}", "Events that wait to be relayed.");
        meter.CreateObservableGauge(
            "rankmybrand.outbox.rejected", () => Measure(lag => lag.Rejected), "{message}",
            "Events put aside: their stream will never take them.");
        meter.CreateObservableGauge(
            "rankmybrand.outbox.lag", () => Measure(lag => lag.OldestAge.TotalSeconds), "s", "Age of the oldest event that waits.");
        meter.CreateObservableGauge(
            "rankmybrand.outbox.leader", () => _lags is null ? 0 : 1, "1", "1 where this process relays.");
    }

    /// <summary>
    /// Starts the span of a relayed batch: a child of the span that added its only event, or linked to those that added them.
    /// </summary>
    public static Activity? StartRelay(IReadOnlyList<OutboxEntry> entries)
    {
        if (!s_activities.HasListeners())
            return null;
        // A backend shows a few links well and thousands not at all.
        var adders = entries.Take(128)
            .Select(entry => ActivityContext.TryParse(entry.Event.TraceParent, null, isRemote: true, out var context) ? context : default)
            .Where(context => context != default)
            .Distinct()
            .ToArray();
        var only = entries.Count == 1 && adders.Length == 1;
        return s_activities.StartActivity(
            ActivityKind.Internal,
            parentContext: only ? adders[0] : default,
            tags: [new("messaging.destination.name", entries[0].Stream), new("messaging.batch.message_count", entries.Count)],
            links: only ? null : adders.Select(context => new ActivityLink(context)),
            name: $"relay {entries[0].Stream}");
    }

    public void Relayed(OutboxEntry entry, bool isDuplicate)
    {
        var destination = new KeyValuePair<string, object?>("messaging.destination.name", entry.Stream);
        _relayed.Add(1, destination);
        if (isDuplicate)
            _duplicates.Add(1, destination);
        _delay.Record(entry.Age.TotalSeconds, destination);
    }

    public void Failed(string stream) => _failures.Add(1, new KeyValuePair<string, object?>("messaging.destination.name", stream));

    /// <summary>Takes a new measurement; null when this process does not lead any more.</summary>
    public void Report(IReadOnlyList<OutboxLag>? lags) => _lags = lags;

    private IEnumerable<Measurement<T>> Measure<T>(Func<OutboxLag, T> select)
        where T : struct =>
        (_lags ?? []).Select(lag => new Measurement<T>(
            select(lag), new KeyValuePair<string, object?>("messaging.destination.name", lag.Stream)));
}
