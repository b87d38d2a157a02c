namespace StackExchange.Redis;

internal abstract partial class DatabaseCommands
{
    private static readonly ReplyParser<long> s_position = static (ref RespReader r) => r.IsNull ? -1 : r.Integer();

    public Task<RedisValue> ListGetByIndexAsync(RedisKey key, long index, CommandFlags flags) =>
        Send(Start(Commands.Lindex).Add(key).Add(index), Replies.Value, flags);

    public Task<long> ListInsertAfterAsync(RedisKey key, RedisValue pivot, RedisValue value, CommandFlags flags) =>
        Send(Start(Commands.Linsert).Add(key).Add("AFTER"u8).Add(pivot).Add(value), Replies.Integer, flags);

    public Task<long> ListInsertBeforeAsync(RedisKey key, RedisValue pivot, RedisValue value, CommandFlags flags) =>
        Send(Start(Commands.Linsert).Add(key).Add("BEFORE"u8).Add(pivot).Add(value), Replies.Integer, flags);

    public Task<RedisValue> ListLeftPopAsync(RedisKey key, CommandFlags flags) => Send(Start(Commands.Lpop).Add(key), Replies.Value, flags);

    public Task<RedisValue[]> ListLeftPopAsync(RedisKey key, long count, CommandFlags flags) =>
        Send(Start(Commands.Lpop).Add(key).Add(count), Replies.Values, flags);

    public Task<long> ListLeftPushAsync(RedisKey key, RedisValue value, When when, CommandFlags flags) =>
        ListPush(Commands.Lpush, Commands.Lpushx, key, [value], when, flags);

    public Task<long> ListLeftPushAsync(RedisKey key, RedisValue[] values, When when, CommandFlags flags) =>
        ListPush(Commands.Lpush, Commands.Lpushx, key, values, when, flags);

    public Task<long> ListLeftPushAsync(RedisKey key, RedisValue[] values, CommandFlags flags) =>
        ListPush(Commands.Lpush, Commands.Lpushx, key, values, When.Always, flags);

    public Task<long> ListLengthAsync(RedisKey key, CommandFlags flags) => Send(Start(Commands.Llen).Add(key), Replies.Integer, flags);

    public Task<RedisValue> ListMoveAsync(
        RedisKey sourceKey, RedisKey destinationKey, ListSide sourceSide, ListSide destinationSide, CommandFlags flags) =>
        Send(Start(Commands.Lmove).Add(sourceKey).Add(destinationKey).Add(Word(sourceSide)).Add(Word(destinationSide)), Replies.Value, flags);

    public Task<long> ListPositionAsync(RedisKey key, RedisValue element, long rank, long maxLength, CommandFlags flags)
    {
        var frame = Start(Commands.Lpos).Add(key).Add(element);
        if (rank != 1) frame.Add("RANK"u8).Add(rank);
        if (maxLength != 0) frame.Add("MAXLEN"u8).Add(maxLength);
        return Send(frame, s_position, flags);
    }

    public Task<long[]> ListPositionsAsync(RedisKey key, RedisValue element, long count, long rank, long maxLength, CommandFlags flags)
    {
        var frame = Start(Commands.Lpos).Add(key).Add(element);
        if (rank != 1) frame.Add("RANK"u8).Add(rank);
        frame.Add("COUNT"u8).Add(count);
        if (maxLength != 0) frame.Add("MAXLEN"u8).Add(maxLength);
        return Send(frame, Replies.Integers, flags);
    }

    public Task<RedisValue[]> ListRangeAsync(RedisKey key, long start, long stop, CommandFlags flags) =>
        Send(Start(Commands.Lrange).Add(key).Add(start).Add(stop), Replies.Values, flags);

    public Task<long> ListRemoveAsync(RedisKey key, RedisValue value, long count, CommandFlags flags) =>
        Send(Start(Commands.Lrem).Add(key).Add(count).Add(value), Replies.Integer, flags);

    public Task<RedisValue> ListRightPopAsync(RedisKey key, CommandFlags flags) =>
        Send(Start(Commands.Rpop).Add(key), Replies.Value, flags);

    public Task<RedisValue[]> ListRightPopAsync(RedisKey key, long count, CommandFlags flags) =>
        Send(Start(Commands.Rpop).Add(key).Add(count), Replies.Values, flags);

    public Task<RedisValue> ListRightPopLeftPushAsync(RedisKey source, RedisKey destination, CommandFlags flags) =>
        Send(Start(Commands.Rpoplpush).Add(source).Add(destination), Replies.Value, flags);

    public Task<long> ListRightPushAsync(RedisKey key, RedisValue value, When when, CommandFlags flags) =>
        ListPush(Commands.Rpush, Commands.Rpushx, key, [value], when, flags);

    public Task<long> ListRightPushAsync(RedisKey key, RedisValue[] values, When when, CommandFlags flags) =>
        ListPush(Commands.Rpush, Commands.Rpushx, key, values, when, flags);

    public Task<long> ListRightPushAsync(RedisKey key, RedisValue[] values, CommandFlags flags) =>
        ListPush(Commands.Rpush, Commands.Rpushx, key, values, When.Always, flags);

    public Task ListSetByIndexAsync(RedisKey key, long index, RedisValue value, CommandFlags flags) =>
        Send(Start(Commands.Lset).Add(key).Add(index).Add(value), Replies.Done, flags);

    public Task ListTrimAsync(RedisKey key, long start, long stop, CommandFlags flags) =>
        Send(Start(Commands.Ltrim).Add(key).Add(start).Add(stop), Replies.Done, flags);

    private static ReadOnlySpan<byte> Word(ListSide side) => side == ListSide.Left ? "LEFT"u8 : "RIGHT"u8;

    private Task<long> ListPush(
        Command always, Command exists, RedisKey key, ReadOnlySpan<RedisValue> values, When when, CommandFlags flags)
    {
        // Nothing to add: the answer is the length, as it is of every push.
        if (values.IsEmpty) return ListLengthAsync(key, flags);
        var command = when switch
        {
            When.Always => always,
            When.Exists => exists,
            _ => throw new ArgumentException("An element can be added Always or when the list Exists, not when NotExists.", nameof(when)),
        };
        var frame = Start(command).Add(key);
        foreach (var value in values) frame.Add(value);
        return Send(frame, Replies.Integer, flags);
    }
}
