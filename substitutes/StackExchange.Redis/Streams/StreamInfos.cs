namespace StackExchange.Redis;

/// <summary>A stream as XINFO STREAM describes it. Numbers that the server does not report are -1.</summary>
public readonly struct StreamInfo
{
    /// <summary>How many entries it holds.</summary>
    public int Length { get; internal init; }

    /// <summary>Keys of its radix tree.</summary>
    public int RadixTreeKeys { get; internal init; }

    /// <summary>Nodes of its radix tree.</summary>
    public int RadixTreeNodes { get; internal init; }

    /// <summary>How many consumer groups it has.</summary>
    public int ConsumerGroupCount { get; internal init; }

    /// <summary>The first entry.</summary>
    public StreamEntry FirstEntry { get; internal init; }

    /// <summary>The last entry.</summary>
    public StreamEntry LastEntry { get; internal init; }

    /// <summary>The id that was last given out.</summary>
    public RedisValue LastGeneratedId { get; internal init; }

    /// <summary>The id of the first entry as the server keeps it (Redis 7).</summary>
    public RedisValue RecordedFirstEntryId { get; internal init; }

    /// <summary>How many entries were ever added (Redis 7).</summary>
    public long EntriesAdded { get; internal init; }

    /// <summary>The greatest id that was ever deleted (Redis 7).</summary>
    public RedisValue MaxDeletedEntryId { get; internal init; }
}

/// <summary>A consumer group as XINFO GROUPS describes it.</summary>
public readonly struct StreamGroupInfo
{
    /// <summary>The name of the group.</summary>
    public string Name { get; internal init; }

    /// <summary>How many consumers it has.</summary>
    public int ConsumerCount { get; internal init; }

    /// <summary>How many entries it has not acknowledged.</summary>
    public int PendingMessageCount { get; internal init; }

    /// <summary>The id of the entry it was given last.</summary>
    public string? LastDeliveredId { get; internal init; }

    /// <summary>How many entries it has read (Redis 7).</summary>
    public long? EntriesRead { get; internal init; }

    /// <summary>How many entries it has yet to read (Redis 7); null when the server cannot tell.</summary>
    public long? Lag { get; internal init; }
}

/// <summary>A consumer as XINFO CONSUMERS describes it.</summary>
public readonly struct StreamConsumerInfo
{
    internal StreamConsumerInfo(string name, int pendingMessageCount, long idleTimeInMilliseconds) =>
        (Name, PendingMessageCount, IdleTimeInMilliseconds) = (name, pendingMessageCount, idleTimeInMilliseconds);

    /// <summary>The name of the consumer.</summary>
    public string Name { get; }

    /// <summary>How many entries it has not acknowledged.</summary>
    public int PendingMessageCount { get; }

    /// <summary>Milliseconds since it last did anything.</summary>
    public long IdleTimeInMilliseconds { get; }
}
