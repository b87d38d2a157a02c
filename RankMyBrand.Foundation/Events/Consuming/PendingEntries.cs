using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// What Redis knows about the entries that consumers hold: who has each, since when, and how often it has been delivered.
/// </summary>
internal sealed partial class PendingEntries(ConsumerContext context)
{
    private const int MaxPerCommand = 1000;
    private static readonly RedisValue s_start = "0-0";

    private readonly EventSubscription _subscription = context.Subscription;

    // Where the streams ended when this consumer began; nothing is added once it has.
    private readonly Dictionary<RedisKey, EntryId> _ends = [];

    /// <summary>Creates the group on every source that lacks it.</summary>
    public async Task CreateGroupsAsync()
    {
        var start = _subscription.Options.StartFrom;
        if (start.IsStore)
        {
            var replays = new Replays(context.Redis, Microsoft.Extensions.Options.Options.Create(_subscription.Events));
            foreach (var stream in _subscription.Streams)
                await replays.CatchUpAsync(new ReplayRequest(stream, _subscription.Group) { From = start.Since });
        }

        foreach (var source in _subscription.Sources)
        {
            try
            {
                // At the beginning, unless it is asked for otherwise: events that came before the group are events too.
                var position = start.IsEnd && !source.IsReplay ? await EndOfAsync(source.Key) : s_start;
                await context.Database.StreamCreateConsumerGroupAsync(source.Key, _subscription.Group, position, createStream: true);
            }
            catch (RedisServerException e) when (e.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal))
            {
            }
        }
    }

    /// <summary>
    /// True when a command failed because its group is missing: Redis has come back without its data, or without the stream.
    /// </summary>
    public static bool IsGroupMissing(RedisServerException e) => e.Message.StartsWith("NOGROUP", StringComparison.Ordinal);

    /// <summary>Creates the groups again that a command did not find.</summary>
    public Task CreateGroupsAgainAsync(RedisServerException missing)
    {
        LogGroupMissing(context.Logger, _subscription.Group, missing.Message);
        return CreateGroupsAsync();
    }

    /// <summary>
    /// The end of a stream when this consumer began. A group that is lost is created there again: at the end of now it would pass over
    /// what has come since it was lost.
    /// </summary>
    private async Task<RedisValue> EndOfAsync(RedisKey key)
    {
        var now = await LastIdAsync(key);
        if (_ends.TryAdd(key, now))
            return now.ToString();
        // One that has not come as far is another stream, in the place of one that was lost.
        return now < _ends[key] ? s_start : _ends[key].ToString();
    }

    private async Task<EntryId> LastIdAsync(RedisKey key)
    {
        try
        {
            return EntryId.Parse((await context.Database.StreamInfoAsync(key)).LastGeneratedId!);
        }
        catch (RedisServerException e) when (MissingKey.Is(e))
        {
            return default;
        }
    }

    /// <summary>
    /// Takes over one round of entries that have been idle for long, from a cursor on; the next cursor is null at the end.
    /// </summary>
    public async Task<(StreamEntry[] Entries, int[] Attempts, RedisValue? Next)> ClaimAsync(
        StreamSource source, TimeSpan idle, RedisValue? from, int count)
    {
        var (database, group, consumer) = (context.Database, _subscription.Group, _subscription.Consumer);
        // What this consumer holds may be old too, when Redis was away for long: it is being handled already. Looked up first, because
        // what is acknowledged while Redis answers is held no more.
        var held = context.Held.Ask(() => source.Queue.All.Select(delivery => delivery.Entry.Id).ToHashSet());
        // The ids alone: a claim that delivers counts as an attempt even when its reply is lost on the way, and while connections
        // break good events would run out of attempts that nobody has made.
        var claimed = await database.StreamAutoClaimIdsOnlyAsync(
            source.Key, group, consumer, (long)idle.TotalMilliseconds, from ?? s_start, count);
        RedisValue? next = claimed.NextStartId == s_start ? default(RedisValue?) : claimed.NextStartId;
        var ids = Array.FindAll(claimed.ClaimedIds, id => !held.Contains(id));
        if (ids.Length == 0)
            return ([], [], next);

        var reading = Task.WhenAll(ids.Select(id => database.StreamRangeAsync(source.Key, id, id, 1)));
        // One by one: between the ids there may be any number that this consumer holds.
        var pending = await Task.WhenAll(ids.Select(id => database.StreamPendingMessagesAsync(source.Key, group, 1, consumer, id, id)));
        var attempts = pending.SelectMany(found => found).ToDictionary(message => message.MessageId, message => message.DeliveryCount + 1);
        StreamEntry[] entries = [.. (await reading).SelectMany(found => found)];
        var lost = new HashSet<RedisValue>();
        foreach (var same in entries.GroupBy(AttemptOf))
            lost.UnionWith(await SetAsync(source, [.. same.Select(entry => entry.Id)], TimeSpan.Zero, same.Key));
        entries = Array.FindAll(entries, entry => !lost.Contains(entry.Id));
        return (entries, Array.ConvertAll(entries, AttemptOf), next);

        int AttemptOf(StreamEntry entry) => attempts.GetValueOrDefault(entry.Id, 2);
    }

    /// <summary>
    /// Tells Redis that this consumer is still at work on deliveries of one source; those that are no longer
    /// its own are marked as lost.
    /// </summary>
    public Task RenewAsync(StreamSource source, IReadOnlyList<Delivery> deliveries) =>
        HoldAsync(source, deliveries, RedisValue.EmptyString);

    /// <summary>Tells Redis which attempt deliveries of one source are at.</summary>
    public async Task CountAttemptsAsync(IReadOnlyList<Delivery> deliveries)
    {
        foreach (var same in deliveries.GroupBy(delivery => delivery.Attempt))
            await HoldAsync(same.First().Source, [.. same], same.Key);
    }

    /// <summary>Leaves deliveries of one source to whoever looks next; an attempt that has not begun does not count.</summary>
    public async Task GiveBackAsync(StreamSource source, IReadOnlyList<Delivery> deliveries)
    {
        foreach (var same in deliveries.GroupBy(delivery => delivery.AttemptsMade))
            await SetAsync(source, [.. same.Select(delivery => delivery.Entry.Id)], _subscription.Options.ClaimAfter, same.Key);
    }

    /// <summary>Leaves entries that were just read to whoever looks next.</summary>
    public Task GiveBackAsync(StreamSource source, StreamEntry[] entries) =>
        SetAsync(source, Array.ConvertAll(entries, entry => entry.Id), _subscription.Options.ClaimAfter, 0);

    /// <summary>Removes the names of consumers that are gone and hold nothing.</summary>
    public Task RemoveIdleConsumersAsync() => Task.WhenAll(_subscription.Sources.Select(source =>
        context.Database.ScriptEvaluateAsync(
            Script.RemoveIdleConsumers, [source.Key],
            [_subscription.Group, (long)_subscription.Options.ForgetConsumerAfter.TotalMilliseconds])));

    /// <summary>Gives up this consumer's own name, where it holds nothing any more.</summary>
    public async Task LeaveAsync()
    {
        foreach (var source in _subscription.Sources)
        {
            var pending = await context.Database.StreamPendingMessagesAsync(source.Key, _subscription.Group, 1, _subscription.Consumer);
            if (pending.Length == 0)
                await context.Database.StreamDeleteConsumerAsync(source.Key, _subscription.Group, _subscription.Consumer);
        }
    }

    private async Task HoldAsync(StreamSource source, IReadOnlyList<Delivery> deliveries, RedisValue attempts)
    {
        var lost = await SetAsync(source, [.. deliveries.Select(delivery => delivery.Entry.Id)], TimeSpan.Zero, attempts);
        var now = context.Time.GetTimestamp();
        context.Held.Change(() =>
        {
            foreach (var delivery in deliveries)
                (delivery.RenewedAt, delivery.IsLost) = (now, delivery.IsLost || lost.Contains(delivery.Entry.Id));
        });
    }

    /// <summary>Returns the entries that this consumer does not hold any more, which are left alone.</summary>
    private async Task<HashSet<RedisValue>> SetAsync(StreamSource source, RedisValue[] entryIds, TimeSpan idle, RedisValue attempts)
    {
        var lost = new HashSet<RedisValue>();
        foreach (var part in entryIds.Chunk(MaxPerCommand))
        {
            lost.UnionWith((RedisValue[])(await context.Database.ScriptEvaluateAsync(
                Script.HoldEntries,
                [source.Key],
                [_subscription.Group, _subscription.Consumer, (long)idle.TotalMilliseconds, attempts, .. part]))!);
        }

        return lost;
    }

    [LoggerMessage(112, LogLevel.Warning, "Group {Group} is missing and is created again: {Reason}")]
    private static partial void LogGroupMissing(ILogger logger, string group, string reason);
}
