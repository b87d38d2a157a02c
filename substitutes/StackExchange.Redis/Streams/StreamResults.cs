namespace StackExchange.Redis;

/// <summary>A stream and entries read from it.</summary>
public readonly struct RedisStream
{
    internal RedisStream(RedisKey key, StreamEntry[] entries) => (Key, Entries) = (key, entries);

    /// <summary>The stream.</summary>
    public RedisKey Key { get; }

    /// <summary>The entries.</summary>
    public StreamEntry[] Entries { get; }
}

/// <summary>What XAUTOCLAIM handed over.</summary>
public readonly struct StreamAutoClaimResult
{
    internal StreamAutoClaimResult(RedisValue nextStartId, StreamEntry[] claimedEntries, RedisValue[] deletedIds) =>
        (NextStartId, ClaimedEntries, DeletedIds) = (nextStartId, claimedEntries, deletedIds);

    /// <summary>No result.</summary>
    public static StreamAutoClaimResult Null { get; } = new(RedisValue.Null, [], []);

    /// <summary>Whether there is no result.</summary>
    public bool IsNull => NextStartId.IsNull && ClaimedEntries is not { Length: > 0 } && DeletedIds is not { Length: > 0 };

    /// <summary>Where the next call continues; <c>0-0</c> when the whole list has been seen.</summary>
    public RedisValue NextStartId { get; }

    /// <summary>The entries that now belong to the claiming consumer.</summary>
    public StreamEntry[] ClaimedEntries { get; }

    /// <summary>Ids that were pending although their entries no longer exist (Redis 7).</summary>
    public RedisValue[] DeletedIds { get; }
}

/// <summary>What XAUTOCLAIM handed over, as ids only.</summary>
public readonly struct StreamAutoClaimIdsOnlyResult
{
    internal StreamAutoClaimIdsOnlyResult(RedisValue nextStartId, RedisValue[] claimedIds, RedisValue[] deletedIds) =>
        (NextStartId, ClaimedIds, DeletedIds) = (nextStartId, claimedIds, deletedIds);

    /// <summary>No result.</summary>
    public static StreamAutoClaimIdsOnlyResult Null { get; } = new(RedisValue.Null, [], []);

    /// <summary>Whether there is no result.</summary>
    public bool IsNull => NextStartId.IsNull && ClaimedIds is not { Length: > 0 } && DeletedIds is not { Length: > 0 };

    /// <summary>Where the next call continues; <c>0-0</c> when the whole list has been seen.</summary>
    public RedisValue NextStartId { get; }

    /// <summary>The ids that now belong to the claiming consumer.</summary>
    public RedisValue[] ClaimedIds { get; }

    /// <summary>Ids that were pending although their entries no longer exist (Redis 7).</summary>
    public RedisValue[] DeletedIds { get; }
}

/// <summary>How many entries one consumer has not acknowledged.</summary>
public readonly struct StreamConsumer
{
    internal StreamConsumer(RedisValue name, int pendingMessageCount) => (Name, PendingMessageCount) = (name, pendingMessageCount);

    /// <summary>The consumer.</summary>
    public RedisValue Name { get; }

    /// <summary>How many entries it has not acknowledged.</summary>
    public int PendingMessageCount { get; }
}

/// <summary>What a group has not acknowledged (XPENDING).</summary>
public readonly struct StreamPendingInfo
{
    internal StreamPendingInfo(int count, RedisValue lowest, RedisValue highest, StreamConsumer[] consumers) =>
        (PendingMessageCount, LowestPendingMessageId, HighestPendingMessageId, Consumers) = (count, lowest, highest, consumers);

    /// <summary>How many entries are not acknowledged.</summary>
    public int PendingMessageCount { get; }

    /// <summary>The first of them.</summary>
    public RedisValue LowestPendingMessageId { get; }

    /// <summary>The last of them.</summary>
    public RedisValue HighestPendingMessageId { get; }

    /// <summary>The consumers that hold them.</summary>
    public StreamConsumer[] Consumers { get; }
}

/// <summary>An entry that has not been acknowledged.</summary>
public readonly struct StreamPendingMessageInfo
{
    internal StreamPendingMessageInfo(RedisValue messageId, RedisValue consumerName, long idleTimeInMs, int deliveryCount) =>
        (MessageId, ConsumerName, IdleTimeInMilliseconds, DeliveryCount) = (messageId, consumerName, idleTimeInMs, deliveryCount);

    /// <summary>The id of the entry.</summary>
    public RedisValue MessageId { get; }

    /// <summary>The consumer that holds it.</summary>
    public RedisValue ConsumerName { get; }

    /// <summary>Milliseconds since it was last delivered.</summary>
    public long IdleTimeInMilliseconds { get; }

    /// <summary>How often it has been delivered.</summary>
    public int DeliveryCount { get; }
}
