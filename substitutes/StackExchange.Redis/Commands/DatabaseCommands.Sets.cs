namespace StackExchange.Redis;

internal abstract partial class DatabaseCommands
{
    public Task<bool> SetAddAsync(RedisKey key, RedisValue value, CommandFlags flags) =>
        Send(Start(Commands.Sadd).Add(key).Add(value), Replies.Flag, flags);

    public Task<long> SetAddAsync(RedisKey key, RedisValue[] values, CommandFlags flags) =>
        values.Length == 0 ? s_zero : Send(Start(Commands.Sadd).Add(key).Add(values), Replies.Integer, flags);

    public Task<RedisValue[]> SetCombineAsync(SetOperation operation, RedisKey first, RedisKey second, CommandFlags flags) =>
        SetCombineAsync(operation, [first, second], flags);

    public Task<RedisValue[]> SetCombineAsync(SetOperation operation, RedisKey[] keys, CommandFlags flags) =>
        Send(Start(Choose(operation, Commands.Sunion, Commands.Sinter, Commands.Sdiff)).Add(keys), Replies.Values, flags);

    public Task<long> SetCombineAndStoreAsync(
        SetOperation operation, RedisKey destination, RedisKey first, RedisKey second, CommandFlags flags) =>
        SetCombineAndStoreAsync(operation, destination, [first, second], flags);

    public Task<long> SetCombineAndStoreAsync(SetOperation operation, RedisKey destination, RedisKey[] keys, CommandFlags flags)
    {
        var command = Choose(operation, Commands.Sunionstore, Commands.Sinterstore, Commands.Sdiffstore);
        return Send(Start(command).Add(destination).Add(keys), Replies.Integer, flags);
    }

    public Task<bool> SetContainsAsync(RedisKey key, RedisValue value, CommandFlags flags) =>
        Send(Start(Commands.Sismember).Add(key).Add(value), Replies.Flag, flags);

    public Task<bool[]> SetContainsAsync(RedisKey key, RedisValue[] values, CommandFlags flags) =>
        values.Length == 0 ? Nothing<bool>() : Send(Start(Commands.Smismember).Add(key).Add(values), Replies.Flags, flags);

    public Task<long> SetLengthAsync(RedisKey key, CommandFlags flags) => Send(Start(Commands.Scard).Add(key), Replies.Integer, flags);

    public Task<RedisValue[]> SetMembersAsync(RedisKey key, CommandFlags flags) =>
        Send(Start(Commands.Smembers).Add(key), Replies.Values, flags);

    public Task<bool> SetMoveAsync(RedisKey source, RedisKey destination, RedisValue value, CommandFlags flags) =>
        Send(Start(Commands.Smove).Add(source).Add(destination).Add(value), Replies.Flag, flags);

    public Task<RedisValue> SetPopAsync(RedisKey key, CommandFlags flags) => Send(Start(Commands.Spop).Add(key), Replies.Value, flags);

    public Task<RedisValue[]> SetPopAsync(RedisKey key, long count, CommandFlags flags) =>
        count == 0 ? Nothing<RedisValue>() : Send(Start(Commands.Spop).Add(key).Add(count), Replies.Values, flags);

    public Task<RedisValue> SetRandomMemberAsync(RedisKey key, CommandFlags flags) =>
        Send(Start(Commands.Srandmember).Add(key), Replies.Value, flags);

    public Task<RedisValue[]> SetRandomMembersAsync(RedisKey key, long count, CommandFlags flags) =>
        Send(Start(Commands.Srandmember).Add(key).Add(count), Replies.Values, flags);

    public Task<bool> SetRemoveAsync(RedisKey key, RedisValue value, CommandFlags flags) =>
        Send(Start(Commands.Srem).Add(key).Add(value), Replies.Flag, flags);

    public Task<long> SetRemoveAsync(RedisKey key, RedisValue[] values, CommandFlags flags) =>
        values.Length == 0 ? s_zero : Send(Start(Commands.Srem).Add(key).Add(values), Replies.Integer, flags);

    public IAsyncEnumerable<RedisValue> SetScanAsync(
        RedisKey key, RedisValue pattern, int pageSize, long cursor, int pageOffset, CommandFlags flags) =>
        ScanAsync(Commands.Sscan, key, pattern, pageSize, cursor, pageOffset, Replies.Values, flags);

    public Task<bool> HyperLogLogAddAsync(RedisKey key, RedisValue value, CommandFlags flags) =>
        Send(Start(Commands.Pfadd).Add(key).Add(value), Replies.Flag, flags);

    public Task<bool> HyperLogLogAddAsync(RedisKey key, RedisValue[] values, CommandFlags flags) =>
        Send(Start(Commands.Pfadd).Add(key).Add(values), Replies.Flag, flags);

    public Task<long> HyperLogLogLengthAsync(RedisKey key, CommandFlags flags) =>
        Send(Start(Commands.Pfcount).Add(key), Replies.Integer, flags);

    public Task<long> HyperLogLogLengthAsync(RedisKey[] keys, CommandFlags flags) =>
        keys.Length == 0 ? s_zero : Send(Start(Commands.Pfcount).Add(keys), Replies.Integer, flags);

    public Task HyperLogLogMergeAsync(RedisKey destination, RedisKey first, RedisKey second, CommandFlags flags) =>
        HyperLogLogMergeAsync(destination, [first, second], flags);

    public Task HyperLogLogMergeAsync(RedisKey destination, RedisKey[] sourceKeys, CommandFlags flags) =>
        Send(Start(Commands.Pfmerge).Add(destination).Add(sourceKeys), Replies.Done, flags);

    private static Command Choose(SetOperation operation, Command union, Command intersect, Command difference) => operation switch
    {
        SetOperation.Union => union,
        SetOperation.Intersect => intersect,
        SetOperation.Difference => difference,
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "The operation must be Union, Intersect or Difference."),
    };
}
