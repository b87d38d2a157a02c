using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>One Redis key that a group reads: a stream, a partition of one, or what is replayed of either.</summary>
internal sealed class StreamSource(string stream, string partition, string group, EventOrdering ordering, bool isReplay = false)
{
    public string Stream => stream;

    public bool IsReplay => isReplay;

    public string Name { get; } = isReplay ? ReplayStream.NameOf(partition, group) : partition;

    public RedisKey Key => Name;

    public RedisKey DeadLetters { get; } = Events.DeadLetters.NameOf(partition);

    public RedisKey PauseKey { get; } = GroupPauses.KeyOf(partition, group);

    public RedisKey OwnerKey { get; } = $"{{{partition}}}:{(isReplay ? "replay-owner" : "owner")}:{group}";

    /// <summary>The settings of the stream.</summary>
    public StreamOptions Settings { get; init; } = new();

    /// <summary>What is held of it. Guarded, like the rest, by <see cref="HeldEvents"/>.</summary>
    public SourceQueue Queue { get; set; } = new(ordering);

    public bool IsPaused { get; set; }

    /// <summary>Without an order everybody may read everything.</summary>
    public SourceAccess Access { get; set; } = ordering is EventOrdering.None ? SourceAccess.Full : SourceAccess.None;

    /// <summary>Until when it is this consumer's, as a timestamp, where an order is kept.</summary>
    public long OwnedUntil { get; set; } = ordering is EventOrdering.None ? long.MaxValue : 0;

    /// <summary>It is being given up: still this consumer's, but nothing of it is begun any more.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>
    /// Where the next look for abandoned entries continues: those of living consumers at the front must not hide those of dead ones.
    /// </summary>
    public RedisValue? ClaimCursor { get; set; }

    public bool IsOpen => Access is not SourceAccess.None && !IsPaused;

    public bool CanRead => Access is SourceAccess.Full && !IsPaused;

    public bool CanHandle(long now) => IsOpen && now < OwnedUntil;

    /// <summary>Has it hold nothing, and be another's. What handlers still have stays in the old queue.</summary>
    public void Close(EventOrdering order) => (Access, OwnedUntil, Queue) = (SourceAccess.None, 0, new SourceQueue(order));
}

/// <summary>What a consumer may do with a source.</summary>
internal enum SourceAccess
{
    /// <summary>Another consumer has it.</summary>
    None,

    /// <summary>Handle what the last owner has left behind; only then read what is new.</summary>
    Handle,

    /// <summary>Read and handle.</summary>
    Full,
}
