namespace StackExchange.Redis;

internal abstract partial class DatabaseCommands
{
    private static readonly ReplyParser<HashEntry[]> s_fields = static (ref RespReader r) =>
        Replies.Pairs(ref r, static (ref RespReader e) => new HashEntry(e.Value(), e.NextValue()));

    public Task<long> HashDecrementAsync(RedisKey key, RedisValue hashField, long value, CommandFlags flags) =>
        HashIncrementAsync(key, hashField, -value, flags);

    public Task<double> HashDecrementAsync(RedisKey key, RedisValue hashField, double value, CommandFlags flags) =>
        HashIncrementAsync(key, hashField, -value, flags);

    public Task<bool> HashDeleteAsync(RedisKey key, RedisValue hashField, CommandFlags flags) =>
        Send(Start(Commands.Hdel).Add(key).Add(hashField), Replies.Flag, flags);

    public Task<long> HashDeleteAsync(RedisKey key, RedisValue[] hashFields, CommandFlags flags) =>
        hashFields.Length == 0 ? s_zero : Send(Start(Commands.Hdel).Add(key).Add(hashFields), Replies.Integer, flags);

    public Task<bool> HashExistsAsync(RedisKey key, RedisValue hashField, CommandFlags flags) =>
        Send(Start(Commands.Hexists).Add(key).Add(hashField), Replies.Flag, flags);

    public Task<RedisValue> HashGetAsync(RedisKey key, RedisValue hashField, CommandFlags flags) =>
        Send(Start(Commands.Hget).Add(key).Add(hashField), Replies.Value, flags);

    public Task<RedisValue[]> HashGetAsync(RedisKey key, RedisValue[] hashFields, CommandFlags flags) =>
        hashFields.Length == 0 ? Nothing<RedisValue>() : Send(Start(Commands.Hmget).Add(key).Add(hashFields), Replies.Values, flags);

    public Task<HashEntry[]> HashGetAllAsync(RedisKey key, CommandFlags flags) => Send(Start(Commands.Hgetall).Add(key), s_fields, flags);

    public Task<long> HashIncrementAsync(RedisKey key, RedisValue hashField, long value, CommandFlags flags) =>
        Send(Start(Commands.Hincrby).Add(key).Add(hashField).Add(value), Replies.Integer, flags);

    public Task<double> HashIncrementAsync(RedisKey key, RedisValue hashField, double value, CommandFlags flags) =>
        Send(Start(Commands.Hincrbyfloat).Add(key).Add(hashField).Add(value), Replies.Real, flags);

    public Task<RedisValue[]> HashKeysAsync(RedisKey key, CommandFlags flags) =>
        Send(Start(Commands.Hkeys).Add(key), Replies.Values, flags);

    public Task<long> HashLengthAsync(RedisKey key, CommandFlags flags) => Send(Start(Commands.Hlen).Add(key), Replies.Integer, flags);

    public IAsyncEnumerable<HashEntry> HashScanAsync(
        RedisKey key, RedisValue pattern, int pageSize, long cursor, int pageOffset, CommandFlags flags) =>
        ScanAsync(Commands.Hscan, key, pattern, pageSize, cursor, pageOffset, s_fields, flags);

    public Task HashSetAsync(RedisKey key, HashEntry[] hashFields, CommandFlags flags)
    {
        if (hashFields.Length == 0) return Task.CompletedTask;
        var frame = Start(Commands.Hmset).Add(key);
        foreach (var field in hashFields) frame.Add(field.Name).Add(field.Value);
        return Send(frame, Replies.Done, flags);
    }

    public Task<bool> HashSetAsync(RedisKey key, RedisValue hashField, RedisValue value, When when, CommandFlags flags)
    {
        if (value.IsNull) return HashDeleteAsync(key, hashField, flags);
        var command = when switch
        {
            When.Always => Commands.Hset,
            When.NotExists => Commands.Hsetnx,
            _ => throw new ArgumentException("A field can be written Always or when NotExists, not when Exists.", nameof(when)),
        };
        return Send(Start(command).Add(key).Add(hashField).Add(value), Replies.Flag, flags);
    }

    public Task<long> HashStringLengthAsync(RedisKey key, RedisValue hashField, CommandFlags flags) =>
        Send(Start(Commands.Hstrlen).Add(key).Add(hashField), Replies.Integer, flags);

    public Task<RedisValue[]> HashValuesAsync(RedisKey key, CommandFlags flags) =>
        Send(Start(Commands.Hvals).Add(key), Replies.Values, flags);
}
