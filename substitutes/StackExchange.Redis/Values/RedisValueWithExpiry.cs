namespace StackExchange.Redis;

/// <summary>A value and how long its key still has to live.</summary>
public readonly struct RedisValueWithExpiry(RedisValue value, TimeSpan? expiry)
{
    /// <summary>The remaining time to live; null when the key does not expire.</summary>
    public TimeSpan? Expiry { get; } = expiry;

    /// <summary>The value.</summary>
    public RedisValue Value { get; } = value;
}
