using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Takes over what consumers that are gone have left behind, and renews what this one holds.</summary>
internal sealed class PendingEntries(IConnectionMultiplexer redis, EventSubscription subscription, InFlight inFlight)
{
    private static readonly RedisValue s_start = "0-0";

    // Kept between calls: entries of living consumers at the front of the list must not hide those of dead ones behind them.
    private readonly Dictionary<string, RedisValue> _cursors = new(StringComparer.Ordinal);

    /// <summary>Claims one round of a stream's abandoned entries, each with the number of times it has been delivered.</summary>
    public async Task<IReadOnlyList<(StreamEntry Entry, int Attempt)>> ClaimAsync(string stream)
    {
        var database = redis.GetDatabase();
        var claimed = await database.StreamAutoClaimAsync(
            stream,
            subscription.Group,
            subscription.Consumer,
            (long)subscription.Options.ClaimAfter.TotalMilliseconds,
            _cursors.GetValueOrDefault(stream, s_start),
            subscription.Options.BatchSize);
        _cursors[stream] = claimed.NextStartId;

        // What this consumer holds may be old too, when Redis was away for long: it is being handled already.
        var entries = claimed.ClaimedEntries
            .Where(entry => !entry.IsNull && inFlight.TryAdd(stream, entry.Id!))
            .ToList();
        if (entries.Count == 0)
            return [];

        var pending = await database.StreamPendingMessagesAsync(
            stream, subscription.Group, claimed.ClaimedEntries.Length, subscription.Consumer, entries[0].Id, entries[^1].Id);
        var deliveries = pending.ToDictionary(message => message.MessageId, message => message.DeliveryCount);
        return [.. entries.Select(entry => (entry, deliveries.GetValueOrDefault(entry.Id, 2)))];
    }

    /// <summary>True when the last round did not reach the end of the stream's pending entries.</summary>
    public bool HasMore(string stream) => _cursors.GetValueOrDefault(stream, s_start) != s_start;

    /// <summary>Resets the idle time of everything in flight.</summary>
    public Task RenewAsync() => Task.WhenAll(inFlight.ByStream().Select(held =>
        redis.GetDatabase().StreamClaimIdsOnlyAsync(held.Stream, subscription.Group, subscription.Consumer, 0, held.EntryIds)));

    /// <summary>Removes the names of consumers that are gone and hold nothing.</summary>
    public Task RemoveIdleConsumersAsync(TimeSpan idle) => Task.WhenAll(subscription.Streams.Select(stream =>
        redis.GetDatabase().ScriptEvaluateAsync(
            Script.RemoveIdleConsumers, [(RedisKey)stream], [subscription.Group, (long)idle.TotalMilliseconds])));

    /// <summary>Gives up this consumer's own name, where it holds nothing any more.</summary>
    public async Task LeaveAsync()
    {
        foreach (var stream in subscription.Streams)
        {
            var pending = await redis.GetDatabase().StreamPendingMessagesAsync(stream, subscription.Group, 1, subscription.Consumer);
            if (pending.Length == 0)
                await redis.GetDatabase().StreamDeleteConsumerAsync(stream, subscription.Group, subscription.Consumer);
        }
    }
}
