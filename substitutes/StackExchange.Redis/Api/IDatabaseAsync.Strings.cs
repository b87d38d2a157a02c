using System.ComponentModel;

namespace StackExchange.Redis;

public partial interface IDatabaseAsync
{
    /// <summary>Appends to the value (APPEND) and returns its new length.</summary>
    Task<long> StringAppendAsync(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None);

    /// <summary>Subtracts from the value (DECRBY, INCRBYFLOAT) and returns the result.</summary>
    Task<long> StringDecrementAsync(RedisKey key, long value = 1, CommandFlags flags = CommandFlags.None);

    /// <summary>Subtracts from the value (DECRBY, INCRBYFLOAT) and returns the result.</summary>
    Task<double> StringDecrementAsync(RedisKey key, double value, CommandFlags flags = CommandFlags.None);

    /// <summary>Reads the value (GET, MGET).</summary>
    Task<RedisValue> StringGetAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Reads the value (GET, MGET).</summary>
    Task<RedisValue[]> StringGetAsync(RedisKey[] keys, CommandFlags flags = CommandFlags.None);

    /// <summary>Reads one bit (GETBIT).</summary>
    Task<bool> StringGetBitAsync(RedisKey key, long offset, CommandFlags flags = CommandFlags.None);

    /// <summary>Reads the value and deletes the key (GETDEL).</summary>
    Task<RedisValue> StringGetDeleteAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Reads a part of the value (GETRANGE).</summary>
    Task<RedisValue> StringGetRangeAsync(RedisKey key, long start, long end, CommandFlags flags = CommandFlags.None);

    /// <summary>Writes a value and returns the former one (GETSET).</summary>
    Task<RedisValue> StringGetSetAsync(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None);

    /// <summary>Reads the value and changes its expiry; null removes it (GETEX).</summary>
    Task<RedisValue> StringGetSetExpiryAsync(RedisKey key, TimeSpan? expiry, CommandFlags flags = CommandFlags.None);

    /// <summary>Reads the value and changes its expiry; null removes it (GETEX).</summary>
    Task<RedisValue> StringGetSetExpiryAsync(RedisKey key, DateTime expiry, CommandFlags flags = CommandFlags.None);

    /// <summary>Reads the value and its remaining time to live (GET, PTTL).</summary>
    Task<RedisValueWithExpiry> StringGetWithExpiryAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Adds to the value (INCRBY, INCRBYFLOAT) and returns the result.</summary>
    Task<long> StringIncrementAsync(RedisKey key, long value = 1, CommandFlags flags = CommandFlags.None);

    /// <summary>Adds to the value (INCRBY, INCRBYFLOAT) and returns the result.</summary>
    Task<double> StringIncrementAsync(RedisKey key, double value, CommandFlags flags = CommandFlags.None);

    /// <summary>The length of the value in bytes (STRLEN).</summary>
    Task<long> StringLengthAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Writes values (SET, MSET, MSETNX); false when the condition was not met.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    Task<bool> StringSetAsync(RedisKey key, RedisValue value, TimeSpan? expiry, When when);

    /// <summary>Writes values (SET, MSET, MSETNX); false when the condition was not met.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    Task<bool> StringSetAsync(RedisKey key, RedisValue value, TimeSpan? expiry, When when, CommandFlags flags);

    /// <summary>Writes values (SET, MSET, MSETNX); false when the condition was not met.</summary>
    Task<bool> StringSetAsync(
        RedisKey key, RedisValue value, TimeSpan? expiry, bool keepTtl, When when = When.Always, CommandFlags flags = CommandFlags.None);

    /// <summary>Writes values (SET, MSET, MSETNX); false when the condition was not met.</summary>
    Task<bool> StringSetAsync(
        RedisKey key, RedisValue value, Expiration expiry = default, ValueCondition when = default,
        CommandFlags flags = CommandFlags.None);

    /// <summary>Writes values (SET, MSET, MSETNX); false when the condition was not met.</summary>
    Task<bool> StringSetAsync(KeyValuePair<RedisKey, RedisValue>[] values, When when, CommandFlags flags);

    /// <summary>Writes values (SET, MSET, MSETNX); false when the condition was not met.</summary>
    Task<bool> StringSetAsync(
        KeyValuePair<RedisKey, RedisValue>[] values, When when = When.Always, Expiration expiry = default,
        CommandFlags flags = CommandFlags.None);

    /// <summary>Writes a value and returns the former one (SET with GET).</summary>
    Task<RedisValue> StringSetAndGetAsync(RedisKey key, RedisValue value, TimeSpan? expiry, When when, CommandFlags flags);

    /// <summary>Writes a value and returns the former one (SET with GET).</summary>
    Task<RedisValue> StringSetAndGetAsync(
        RedisKey key, RedisValue value, TimeSpan? expiry = null, bool keepTtl = false, When when = When.Always,
        CommandFlags flags = CommandFlags.None);

    /// <summary>Writes one bit and returns the former one (SETBIT).</summary>
    Task<bool> StringSetBitAsync(RedisKey key, long offset, bool bit, CommandFlags flags = CommandFlags.None);

    /// <summary>Overwrites a part of the value (SETRANGE) and returns its new length.</summary>
    Task<RedisValue> StringSetRangeAsync(RedisKey key, long offset, RedisValue value, CommandFlags flags = CommandFlags.None);
}
