namespace StackExchange.Redis;

internal abstract partial class DatabaseCommands
{
    private static readonly ReplyParser<SortedSetEntry[]> s_scored = static (ref RespReader r) =>
        Replies.Pairs(ref r, static (ref RespReader e) => new SortedSetEntry(e.Value(), NextReal(ref e)));

    private static readonly ReplyParser<SortedSetEntry?> s_firstScored = static (ref RespReader r) =>
        s_scored(ref r) is [var entry, ..] ? entry : null;

    private static readonly ReplyParser<long?> s_rank = static (ref RespReader r) => r.IsNull ? null : r.Integer();

    public Task<bool> SortedSetAddAsync(RedisKey key, RedisValue member, double score, CommandFlags flags) =>
        SortedSetAddAsync(key, member, score, SortedSetWhen.Always, flags);

    public Task<bool> SortedSetAddAsync(RedisKey key, RedisValue member, double score, When when, CommandFlags flags) =>
        SortedSetAddAsync(key, member, score, Of(when), flags);

    public Task<bool> SortedSetAddAsync(RedisKey key, RedisValue member, double score, SortedSetWhen when, CommandFlags flags) =>
        Send(Zadd(key, when, changed: false, [new(member, score)]), Replies.Flag, flags);

    public Task<long> SortedSetAddAsync(RedisKey key, SortedSetEntry[] values, CommandFlags flags) =>
        SortedSetAddAsync(key, values, SortedSetWhen.Always, flags);

    public Task<long> SortedSetAddAsync(RedisKey key, SortedSetEntry[] values, When when, CommandFlags flags) =>
        SortedSetAddAsync(key, values, Of(when), flags);

    public Task<long> SortedSetAddAsync(RedisKey key, SortedSetEntry[] values, SortedSetWhen when, CommandFlags flags) =>
        values.Length == 0 ? s_zero : Send(Zadd(key, when, changed: false, values), Replies.Integer, flags);

    public Task<bool> SortedSetUpdateAsync(RedisKey key, RedisValue member, double score, SortedSetWhen when, CommandFlags flags) =>
        Send(Zadd(key, when, changed: true, [new(member, score)]), Replies.Flag, flags);

    public Task<long> SortedSetUpdateAsync(RedisKey key, SortedSetEntry[] values, SortedSetWhen when, CommandFlags flags) =>
        values.Length == 0 ? s_zero : Send(Zadd(key, when, changed: true, values), Replies.Integer, flags);

    public Task<RedisValue[]> SortedSetCombineAsync(
        SetOperation operation, RedisKey[] keys, double[]? weights, Aggregate aggregate, CommandFlags flags)
    {
        var frame = Start(Choose(operation, Commands.Zunion, Commands.Zinter, Commands.Zdiff));
        return Send(Combine(frame, keys, weights, aggregate), Replies.Values, flags);
    }

    public Task<SortedSetEntry[]> SortedSetCombineWithScoresAsync(
        SetOperation operation, RedisKey[] keys, double[]? weights, Aggregate aggregate, CommandFlags flags)
    {
        var frame = Start(Choose(operation, Commands.Zunion, Commands.Zinter, Commands.Zdiff));
        return Send(Combine(frame, keys, weights, aggregate).Add("WITHSCORES"u8), s_scored, flags);
    }

    public Task<long> SortedSetCombineAndStoreAsync(
        SetOperation operation, RedisKey destination, RedisKey first, RedisKey second, Aggregate aggregate, CommandFlags flags) =>
        SortedSetCombineAndStoreAsync(operation, destination, [first, second], null, aggregate, flags);

    public Task<long> SortedSetCombineAndStoreAsync(
        SetOperation operation, RedisKey destination, RedisKey[] keys, double[]? weights, Aggregate aggregate, CommandFlags flags)
    {
        var frame = Start(Choose(operation, Commands.Zunionstore, Commands.Zinterstore, Commands.Zdiffstore)).Add(destination);
        return Send(Combine(frame, keys, weights, aggregate), Replies.Integer, flags);
    }

    public Task<double> SortedSetDecrementAsync(RedisKey key, RedisValue member, double value, CommandFlags flags) =>
        SortedSetIncrementAsync(key, member, -value, flags);

    public Task<double> SortedSetIncrementAsync(RedisKey key, RedisValue member, double value, CommandFlags flags) =>
        Send(Start(Commands.Zincrby).Add(key).Add(value).Add(member), Replies.Real, flags);

    public Task<long> SortedSetLengthAsync(RedisKey key, double min, double max, Exclude exclude, CommandFlags flags)
    {
        if (double.IsNegativeInfinity(min) && double.IsPositiveInfinity(max)) return Send(Start(Commands.Zcard).Add(key), Replies.Integer, flags);
        return Send(Start(Commands.Zcount).Add(key).Add(Bound(min, exclude, Exclude.Start)).Add(Bound(max, exclude, Exclude.Stop)), Replies.Integer, flags);
    }

    public Task<long> SortedSetLengthByValueAsync(RedisKey key, RedisValue min, RedisValue max, Exclude exclude, CommandFlags flags) =>
        Send(Start(Commands.Zlexcount).Add(key).Add(LexBound(min, exclude, Exclude.Start)).Add(LexBound(max, exclude, Exclude.Stop)), Replies.Integer, flags);

    public Task<SortedSetEntry?> SortedSetPopAsync(RedisKey key, Order order, CommandFlags flags) =>
        Send(Start(Directed(order, Commands.Zpopmin, Commands.Zpopmax)).Add(key), s_firstScored, flags);

    public Task<SortedSetEntry[]> SortedSetPopAsync(RedisKey key, long count, Order order, CommandFlags flags) =>
        count == 0 ? Nothing<SortedSetEntry>() : Send(Start(Directed(order, Commands.Zpopmin, Commands.Zpopmax)).Add(key).Add(count), s_scored, flags);

    public Task<RedisValue[]> SortedSetRangeByRankAsync(RedisKey key, long start, long stop, Order order, CommandFlags flags) =>
        Send(Start(Directed(order, Commands.Zrange, Commands.Zrevrange)).Add(key).Add(start).Add(stop), Replies.Values, flags);

    public Task<SortedSetEntry[]> SortedSetRangeByRankWithScoresAsync(
        RedisKey key, long start, long stop, Order order, CommandFlags flags) =>
        Send(Start(Directed(order, Commands.Zrange, Commands.Zrevrange)).Add(key).Add(start).Add(stop).Add("WITHSCORES"u8), s_scored, flags);

    public Task<RedisValue[]> SortedSetRangeByScoreAsync(
        RedisKey key, double start, double stop, Exclude exclude, Order order, long skip, long take, CommandFlags flags) =>
        Send(Limit(RangeByScore(key, start, stop, exclude, order), skip, take), Replies.Values, flags);

    public Task<SortedSetEntry[]> SortedSetRangeByScoreWithScoresAsync(
        RedisKey key, double start, double stop, Exclude exclude, Order order, long skip, long take, CommandFlags flags) =>
        Send(Limit(RangeByScore(key, start, stop, exclude, order).Add("WITHSCORES"u8), skip, take), s_scored, flags);

    public Task<RedisValue[]> SortedSetRangeByValueAsync(
        RedisKey key, RedisValue min, RedisValue max, Exclude exclude, long skip, long take, CommandFlags flags) =>
        SortedSetRangeByValueAsync(key, min, max, exclude, Order.Ascending, skip, take, flags);

    public Task<RedisValue[]> SortedSetRangeByValueAsync(
        RedisKey key, RedisValue min, RedisValue max, Exclude exclude, Order order, long skip, long take, CommandFlags flags)
    {
        var (low, high) = (LexBound(min, exclude, Exclude.Start), LexBound(max, exclude, Exclude.Stop));
        var frame = order == Order.Ascending
            ? Start(Commands.Zrangebylex).Add(key).Add(low).Add(high)
            : Start(Commands.Zrevrangebylex).Add(key).Add(high).Add(low);
        return Send(Limit(frame, skip, take), Replies.Values, flags);
    }

    public Task<long?> SortedSetRankAsync(RedisKey key, RedisValue member, Order order, CommandFlags flags) =>
        Send(Start(Directed(order, Commands.Zrank, Commands.Zrevrank)).Add(key).Add(member), s_rank, flags);

    public Task<bool> SortedSetRemoveAsync(RedisKey key, RedisValue member, CommandFlags flags) =>
        Send(Start(Commands.Zrem).Add(key).Add(member), Replies.Flag, flags);

    public Task<long> SortedSetRemoveAsync(RedisKey key, RedisValue[] members, CommandFlags flags) =>
        members.Length == 0 ? s_zero : Send(Start(Commands.Zrem).Add(key).Add(members), Replies.Integer, flags);

    public Task<long> SortedSetRemoveRangeByRankAsync(RedisKey key, long start, long stop, CommandFlags flags) =>
        Send(Start(Commands.Zremrangebyrank).Add(key).Add(start).Add(stop), Replies.Integer, flags);

    public Task<long> SortedSetRemoveRangeByScoreAsync(RedisKey key, double start, double stop, Exclude exclude, CommandFlags flags) =>
        Send(Start(Commands.Zremrangebyscore).Add(key).Add(Bound(start, exclude, Exclude.Start)).Add(Bound(stop, exclude, Exclude.Stop)), Replies.Integer, flags);

    public Task<long> SortedSetRemoveRangeByValueAsync(RedisKey key, RedisValue min, RedisValue max, Exclude exclude, CommandFlags flags) =>
        Send(Start(Commands.Zremrangebylex).Add(key).Add(LexBound(min, exclude, Exclude.Start)).Add(LexBound(max, exclude, Exclude.Stop)), Replies.Integer, flags);

    public IAsyncEnumerable<SortedSetEntry> SortedSetScanAsync(
        RedisKey key, RedisValue pattern, int pageSize, long cursor, int pageOffset, CommandFlags flags) =>
        ScanAsync(Commands.Zscan, key, pattern, pageSize, cursor, pageOffset, s_scored, flags);

    public Task<double?> SortedSetScoreAsync(RedisKey key, RedisValue member, CommandFlags flags) =>
        Send(Start(Commands.Zscore).Add(key).Add(member), Replies.NullableReal, flags);

    public Task<double?[]> SortedSetScoresAsync(RedisKey key, RedisValue[] members, CommandFlags flags) =>
        members.Length == 0 ? Nothing<double?>() : Send(Start(Commands.Zmscore).Add(key).Add(members), Replies.NullableReals, flags);
}
