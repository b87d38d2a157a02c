namespace StackExchange.Redis;

internal abstract partial class DatabaseCommands
{
    public Task<long> StringAppendAsync(RedisKey key, RedisValue value, CommandFlags flags) =>
        Send(Start(Commands.Append).Add(key).Add(value), Replies.Integer, flags);

    public Task<long> StringDecrementAsync(RedisKey key, long value, CommandFlags flags) => StringIncrementAsync(key, -value, flags);

    public Task<double> StringDecrementAsync(RedisKey key, double value, CommandFlags flags) => StringIncrementAsync(key, -value, flags);

    public Task<RedisValue> StringGetAsync(RedisKey key, CommandFlags flags) => Send(Start(Commands.Get).Add(key), Replies.Value, flags);

    public Task<RedisValue[]> StringGetAsync(RedisKey[] keys, CommandFlags flags) =>
        keys.Length == 0 ? Nothing<RedisValue>() : Send(Start(Commands.Mget).Add(keys), Replies.Values, flags);

    public Task<bool> StringGetBitAsync(RedisKey key, long offset, CommandFlags flags) =>
        Send(Start(Commands.Getbit).Add(key).Add(offset), Replies.Flag, flags);

    public Task<RedisValue> StringGetDeleteAsync(RedisKey key, CommandFlags flags) =>
        Send(Start(Commands.Getdel).Add(key), Replies.Value, flags);

    public Task<RedisValue> StringGetRangeAsync(RedisKey key, long start, long end, CommandFlags flags) =>
        Send(Start(Commands.Getrange).Add(key).Add(start).Add(end), Replies.Value, flags);

    public Task<RedisValue> StringGetSetAsync(RedisKey key, RedisValue value, CommandFlags flags) =>
        Send(Start(Commands.Getset).Add(key).Add(value), Replies.Value, flags);

    public Task<RedisValue> StringGetSetExpiryAsync(RedisKey key, TimeSpan? expiry, CommandFlags flags) =>
        GetAndExpire(key, expiry is { } time ? new(time) : Expiration.Persist, flags);

    public Task<RedisValue> StringGetSetExpiryAsync(RedisKey key, DateTime expiry, CommandFlags flags) => GetAndExpire(key, expiry, flags);

    public async Task<RedisValueWithExpiry> StringGetWithExpiryAsync(RedisKey key, CommandFlags flags)
    {
        // The time first: a key that expires in between then yields no value rather than a value that seems to live forever.
        var expiry = KeyTimeToLiveAsync(key, flags);
        var value = StringGetAsync(key, flags);
        return new(await value.ConfigureAwait(false), await expiry.ConfigureAwait(false));
    }

    public Task<long> StringIncrementAsync(RedisKey key, long value, CommandFlags flags) =>
        Send(Start(Commands.Incrby).Add(key).Add(value), Replies.Integer, flags);

    public Task<double> StringIncrementAsync(RedisKey key, double value, CommandFlags flags) =>
        Send(Start(Commands.Incrbyfloat).Add(key).Add(value), Replies.Real, flags);

    public Task<long> StringLengthAsync(RedisKey key, CommandFlags flags) => Send(Start(Commands.Strlen).Add(key), Replies.Integer, flags);

    public Task<bool> StringSetAsync(RedisKey key, RedisValue value, TimeSpan? expiry, When when) =>
        StringSetAsync(key, value, Expiration.Of(expiry), when, CommandFlags.None);

    public Task<bool> StringSetAsync(RedisKey key, RedisValue value, TimeSpan? expiry, When when, CommandFlags flags) =>
        StringSetAsync(key, value, Expiration.Of(expiry), when, flags);

    public Task<bool> StringSetAsync(RedisKey key, RedisValue value, TimeSpan? expiry, bool keepTtl, When when, CommandFlags flags) =>
        StringSetAsync(key, value, Expiration.Of(expiry, keepTtl), when, flags);

    public Task<bool> StringSetAsync(RedisKey key, RedisValue value, Expiration expiry, ValueCondition when, CommandFlags flags)
    {
        if (value.IsNull) return KeyDeleteAsync(key, flags);
        var frame = Start(Commands.Set).Add(key).Add(value);
        expiry.WriteTo(frame);
        when.WriteTo(frame);
        return Send(frame, Replies.Flag, flags);
    }

    public Task<bool> StringSetAsync(KeyValuePair<RedisKey, RedisValue>[] values, When when, CommandFlags flags) =>
        StringSetAsync(values, when, default, flags);

    public Task<bool> StringSetAsync(KeyValuePair<RedisKey, RedisValue>[] values, When when, Expiration expiry, CommandFlags flags)
    {
        if (values.Length == 0) return s_false;
        if (values.Length == 1) return StringSetAsync(values[0].Key, values[0].Value, expiry, when, flags);
        if (!expiry.IsDefault) throw new NotSupportedException("Several keys cannot be written with an expiry; write them one by one in a batch.");
        var command = when switch
        {
            When.Always => Commands.Mset,
            When.NotExists => Commands.Msetnx,
            _ => throw new ArgumentException("Several keys can be written Always or when NotExists, not when Exists.", nameof(when)),
        };
        var frame = Start(command);
        foreach (var (key, value) in values) frame.Add(key).Add(value);
        return Send(frame, Replies.Flag, flags);
    }

    public Task<RedisValue> StringSetAndGetAsync(RedisKey key, RedisValue value, TimeSpan? expiry, When when, CommandFlags flags) =>
        StringSetAndGetAsync(key, value, expiry, keepTtl: false, when, flags);

    public Task<RedisValue> StringSetAndGetAsync(
        RedisKey key, RedisValue value, TimeSpan? expiry, bool keepTtl, When when, CommandFlags flags)
    {
        if (value.IsNull) return StringGetDeleteAsync(key, flags);
        var frame = Start(Commands.Set).Add(key).Add(value);
        Expiration.Of(expiry, keepTtl).WriteTo(frame);
        ((ValueCondition)when).WriteTo(frame);
        return Send(frame.Add("GET"u8), Replies.Value, flags);
    }

    public Task<bool> StringSetBitAsync(RedisKey key, long offset, bool bit, CommandFlags flags) =>
        Send(Start(Commands.Setbit).Add(key).Add(offset).Add(bit ? 1 : 0), Replies.Flag, flags);

    public Task<RedisValue> StringSetRangeAsync(RedisKey key, long offset, RedisValue value, CommandFlags flags) =>
        Send(Start(Commands.Setrange).Add(key).Add(offset).Add(value), Replies.Value, flags);

    private static Task<T[]> Nothing<T>() => Task.FromResult(Array.Empty<T>());

    private Task<RedisValue> GetAndExpire(RedisKey key, Expiration expiry, CommandFlags flags)
    {
        var frame = Start(Commands.Getex).Add(key);
        expiry.WriteTo(frame);
        return Send(frame, Replies.Value, flags);
    }
}
