using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>What an <see cref="AppendQueue"/> commits, by itself or together with others.</summary>
internal interface IQueuedAppend
{
    /// <summary>How many events it appends.</summary>
    int Count { get; }

    /// <summary>The size of their payloads.</summary>
    long Bytes { get; }

    /// <summary>Sends the commands, or adds them to a transaction, and returns the last of their replies, which may be a failure.</summary>
    Task Write(IDatabaseAsync redis);
}
