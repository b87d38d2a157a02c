using System.Diagnostics.Metrics;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Gauges of the groups that this process consumes for. A scrape never waits for Redis: it gets what was last known, and has it asked
/// anew when that is a few seconds old. Every replica reports the same, so take the maximum of them, not the sum.
/// </summary>
internal sealed class GroupGauges
{
    private static readonly TimeSpan s_freshFor = TimeSpan.FromSeconds(3);

    private readonly ConsumerGroups _groups;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly HashSet<(string Stream, string Group)> _observed = [];
    private IReadOnlyList<(string Stream, ConsumerGroup Group)> _known = [];
    private long _askedAt = long.MinValue;
    private Task _asking = Task.CompletedTask;

    public GroupGauges(IMeterFactory meters, ConsumerGroups groups, TimeProvider time)
    {
        (_groups, _time) = (groups, time);
        var meter = meters.Create(EventsTelemetry.Name);
        meter.CreateObservableGauge(
            "rankmybrand.events.lag", () => Observe(group => group.Lag), "{message}", "Events that a group has not read yet.");
        meter.CreateObservableGauge(
            "rankmybrand.events.pending", () => Observe(group => group.Pending), "{message}",
            "Events that a group has read and not acknowledged yet.");
        meter.CreateObservableGauge(
            "rankmybrand.events.pending.age", () => Observe(group => (long)(group.OldestPendingAge?.TotalSeconds ?? 0)), "s",
            "Age of the oldest pending event.");
        meter.CreateObservableGauge(
            "rankmybrand.events.paused", () => Observe(group => group.PausedAt is null ? 0 : 1), description: "1 while a group is paused.");
    }

    /// <summary>From now on a subscription's groups are asked about.</summary>
    public void Add(EventSubscription subscription)
    {
        lock (_lock)
        {
            foreach (var source in subscription.Sources)
                _observed.Add((source.Stream, subscription.Group));
        }
    }

    private IEnumerable<Measurement<long>> Observe(Func<ConsumerGroup, long?> select)
    {
        lock (_lock)
        {
            if (_asking.IsCompleted && (_askedAt == long.MinValue || _time.GetElapsedTime(_askedAt) > s_freshFor))
            {
                _askedAt = _time.GetTimestamp();
                _asking = AskAsync([.. _observed]);
            }

            return
            [
                .. from known in _known
                   let value = @select(known.Group)
                   where value is not null
                   select new Measurement<long>(
                       value.Value, new("messaging.destination.name", known.Stream),
                       new KeyValuePair<string, object?>("messaging.consumer.group.name", known.Group.Name)),
            ];
        }
    }

    private async Task AskAsync(HashSet<(string Stream, string Group)> observed)
    {
        // Not on the thread of the scrape.
        await Task.Yield();
        try
        {
            var known = new List<(string Stream, ConsumerGroup Group)>();
            foreach (var stream in observed.Select(one => one.Stream).Distinct(StringComparer.Ordinal))
            {
                var groups = await _groups.ListAsync(stream, CancellationToken.None);
                known.AddRange(groups.Where(group => observed.Contains((stream, group.Name))).Select(group => (stream, group)));
            }

            lock (_lock)
                _known = known;
        }
        catch (Exception e) when (TransientFailure.Is(e) || e is RedisException)
        {
            // Nothing is better than what is no longer true.
            lock (_lock)
                _known = [];
        }
    }
}
