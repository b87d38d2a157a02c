namespace StackExchange.Redis;

/// <summary>An entry of a stream.</summary>
public readonly struct StreamEntry
{
    /// <summary>Makes an entry of its id and its fields.</summary>
    public StreamEntry(RedisValue id, NameValueEntry[] values)
    {
        Id = id;
        Values = values;
    }

    /// <summary>Makes an entry that was claimed from a consumer.</summary>
    public StreamEntry(RedisValue id, NameValueEntry[] values, TimeSpan? idleTime, int deliveryCount) : this(id, values)
    {
        IdleTime = idleTime;
        DeliveryCount = deliveryCount;
    }

    /// <summary>The entry that is none: what a claim answers for a deleted one on Redis 6.2.</summary>
    public static StreamEntry Null { get; } = new(RedisValue.Null, []);

    /// <summary>The id of the entry.</summary>
    public RedisValue Id { get; }

    /// <summary>The fields of the entry, in the order in which they were added; empty for a deleted one.</summary>
    public NameValueEntry[] Values { get; }

    /// <summary>How often it had been delivered, when it was claimed while reading.</summary>
    public int DeliveryCount { get; }

    /// <summary>How long it had been with another consumer, when it was claimed while reading.</summary>
    public TimeSpan? IdleTime { get; }

    /// <summary>Whether this is no entry.</summary>
    public bool IsNull => Id.IsNull && Values is not { Length: > 0 };

    /// <summary>The value of a field; no value when there is no such field.</summary>
    public RedisValue this[RedisValue fieldName]
    {
        get
        {
            foreach (var field in Values ?? [])
            {
                if (field.Name == fieldName) return field.Value;
            }
            return RedisValue.Null;
        }
    }
}
