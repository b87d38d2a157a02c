using System.ComponentModel;

namespace StackExchange.Redis;

public partial interface IDatabaseAsync
{
    /// <summary>Adds members (ZADD); true or the number of those that are new.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    Task<bool> SortedSetAddAsync(RedisKey key, RedisValue member, double score, CommandFlags flags);

    /// <summary>Adds members (ZADD); true or the number of those that are new.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    Task<bool> SortedSetAddAsync(RedisKey key, RedisValue member, double score, When when, CommandFlags flags = CommandFlags.None);

    /// <summary>Adds members (ZADD); true or the number of those that are new.</summary>
    Task<bool> SortedSetAddAsync(
        RedisKey key, RedisValue member, double score, SortedSetWhen when = SortedSetWhen.Always, CommandFlags flags = CommandFlags.None);

    /// <summary>Adds members (ZADD); true or the number of those that are new.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    Task<long> SortedSetAddAsync(RedisKey key, SortedSetEntry[] values, CommandFlags flags);

    /// <summary>Adds members (ZADD); true or the number of those that are new.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    Task<long> SortedSetAddAsync(RedisKey key, SortedSetEntry[] values, When when, CommandFlags flags = CommandFlags.None);

    /// <summary>Adds members (ZADD); true or the number of those that are new.</summary>
    Task<long> SortedSetAddAsync(
        RedisKey key, SortedSetEntry[] values, SortedSetWhen when = SortedSetWhen.Always, CommandFlags flags = CommandFlags.None);

    /// <summary>Combines sorted sets (ZUNION, ZINTER, ZDIFF).</summary>
    Task<RedisValue[]> SortedSetCombineAsync(
        SetOperation operation, RedisKey[] keys, double[]? weights = null, Aggregate aggregate = Aggregate.Sum,
        CommandFlags flags = CommandFlags.None);

    /// <summary>Combines sorted sets and returns the scores too.</summary>
    Task<SortedSetEntry[]> SortedSetCombineWithScoresAsync(
        SetOperation operation, RedisKey[] keys, double[]? weights = null, Aggregate aggregate = Aggregate.Sum,
        CommandFlags flags = CommandFlags.None);

    /// <summary>Combines sorted sets into another (ZUNIONSTORE, ZINTERSTORE, ZDIFFSTORE).</summary>
    Task<long> SortedSetCombineAndStoreAsync(
        SetOperation operation, RedisKey destination, RedisKey first, RedisKey second, Aggregate aggregate = Aggregate.Sum,
        CommandFlags flags = CommandFlags.None);

    /// <summary>Combines sorted sets into another (ZUNIONSTORE, ZINTERSTORE, ZDIFFSTORE).</summary>
    Task<long> SortedSetCombineAndStoreAsync(
        SetOperation operation, RedisKey destination, RedisKey[] keys, double[]? weights = null, Aggregate aggregate = Aggregate.Sum,
        CommandFlags flags = CommandFlags.None);

    /// <summary>Subtracts from a score (ZINCRBY).</summary>
    Task<double> SortedSetDecrementAsync(RedisKey key, RedisValue member, double value, CommandFlags flags = CommandFlags.None);

    /// <summary>Adds to a score (ZINCRBY).</summary>
    Task<double> SortedSetIncrementAsync(RedisKey key, RedisValue member, double value, CommandFlags flags = CommandFlags.None);

    /// <summary>How many members there are, in all or in a range of scores (ZCARD, ZCOUNT).</summary>
    Task<long> SortedSetLengthAsync(
        RedisKey key, double min = double.NegativeInfinity, double max = double.PositiveInfinity, Exclude exclude = Exclude.None,
        CommandFlags flags = CommandFlags.None);

    /// <summary>How many members there are in a range of names (ZLEXCOUNT).</summary>
    Task<long> SortedSetLengthByValueAsync(
        RedisKey key, RedisValue min, RedisValue max, Exclude exclude = Exclude.None, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes and returns the members with the least or greatest scores (ZPOPMIN, ZPOPMAX).</summary>
    Task<SortedSetEntry?> SortedSetPopAsync(RedisKey key, Order order = Order.Ascending, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes and returns the members with the least or greatest scores (ZPOPMIN, ZPOPMAX).</summary>
    Task<SortedSetEntry[]> SortedSetPopAsync(
        RedisKey key, long count, Order order = Order.Ascending, CommandFlags flags = CommandFlags.None);

    /// <summary>Members by position (ZRANGE, ZREVRANGE).</summary>
    Task<RedisValue[]> SortedSetRangeByRankAsync(
        RedisKey key, long start = 0, long stop = -1, Order order = Order.Ascending, CommandFlags flags = CommandFlags.None);

    /// <summary>Members by position, with scores.</summary>
    Task<SortedSetEntry[]> SortedSetRangeByRankWithScoresAsync(
        RedisKey key, long start = 0, long stop = -1, Order order = Order.Ascending, CommandFlags flags = CommandFlags.None);

    /// <summary>Members by score (ZRANGEBYSCORE, ZREVRANGEBYSCORE).</summary>
    Task<RedisValue[]> SortedSetRangeByScoreAsync(
        RedisKey key, double start = double.NegativeInfinity, double stop = double.PositiveInfinity, Exclude exclude = Exclude.None,
        Order order = Order.Ascending, long skip = 0, long take = -1, CommandFlags flags = CommandFlags.None);

    /// <summary>Members by score, with scores.</summary>
    Task<SortedSetEntry[]> SortedSetRangeByScoreWithScoresAsync(
        RedisKey key, double start = double.NegativeInfinity, double stop = double.PositiveInfinity, Exclude exclude = Exclude.None,
        Order order = Order.Ascending, long skip = 0, long take = -1, CommandFlags flags = CommandFlags.None);

    /// <summary>Members of equal score by name (ZRANGEBYLEX, ZREVRANGEBYLEX).</summary>
    Task<RedisValue[]> SortedSetRangeByValueAsync(
        RedisKey key, RedisValue min, RedisValue max, Exclude exclude, long skip, long take = -1, CommandFlags flags = CommandFlags.None);

    /// <summary>Members of equal score by name (ZRANGEBYLEX, ZREVRANGEBYLEX).</summary>
    Task<RedisValue[]> SortedSetRangeByValueAsync(
        RedisKey key, RedisValue min = default, RedisValue max = default, Exclude exclude = Exclude.None, Order order = Order.Ascending,
        long skip = 0, long take = -1, CommandFlags flags = CommandFlags.None);

    /// <summary>The position of a member (ZRANK, ZREVRANK); null when there is none.</summary>
    Task<long?> SortedSetRankAsync(RedisKey key, RedisValue member, Order order = Order.Ascending, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes members (ZREM).</summary>
    Task<bool> SortedSetRemoveAsync(RedisKey key, RedisValue member, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes members (ZREM).</summary>
    Task<long> SortedSetRemoveAsync(RedisKey key, RedisValue[] members, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes members by position (ZREMRANGEBYRANK).</summary>
    Task<long> SortedSetRemoveRangeByRankAsync(RedisKey key, long start, long stop, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes members by score (ZREMRANGEBYSCORE).</summary>
    Task<long> SortedSetRemoveRangeByScoreAsync(
        RedisKey key, double start, double stop, Exclude exclude = Exclude.None, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes members by name (ZREMRANGEBYLEX).</summary>
    Task<long> SortedSetRemoveRangeByValueAsync(
        RedisKey key, RedisValue min, RedisValue max, Exclude exclude = Exclude.None, CommandFlags flags = CommandFlags.None);

    /// <summary>Walks the members without blocking the server (ZSCAN).</summary>
    IAsyncEnumerable<SortedSetEntry> SortedSetScanAsync(
        RedisKey key, RedisValue pattern = default, int pageSize = 250, long cursor = 0, int pageOffset = 0,
        CommandFlags flags = CommandFlags.None);

    /// <summary>The score of a member (ZSCORE); null when there is none.</summary>
    Task<double?> SortedSetScoreAsync(RedisKey key, RedisValue member, CommandFlags flags = CommandFlags.None);

    /// <summary>The scores of members (ZMSCORE).</summary>
    Task<double?[]> SortedSetScoresAsync(RedisKey key, RedisValue[] members, CommandFlags flags = CommandFlags.None);

    /// <summary>Adds or updates members (ZADD CH); true or the number of those that changed.</summary>
    Task<bool> SortedSetUpdateAsync(
        RedisKey key, RedisValue member, double score, SortedSetWhen when = SortedSetWhen.Always, CommandFlags flags = CommandFlags.None);

    /// <summary>Adds or updates members (ZADD CH); true or the number of those that changed.</summary>
    Task<long> SortedSetUpdateAsync(
        RedisKey key, SortedSetEntry[] values, SortedSetWhen when = SortedSetWhen.Always, CommandFlags flags = CommandFlags.None);
}
