namespace RankMyBrand.Foundation.Events;

/// <summary>Where the events of a replay come from.</summary>
public enum ReplaySource
{
    /// <summary>The archive in PostgreSQL: everything that was ever archived, in the order of creation.</summary>
    Store,

    /// <summary>The Redis stream, for as long as it still holds them: in the order in which they were appended.</summary>
    Stream,
}

/// <summary>How far a replay is.</summary>
public enum ReplayState
{
    /// <summary>Events are being sent, or wait for the group to handle those before them.</summary>
    Running,

    /// <summary>All events have been sent.</summary>
    Done,

    /// <summary>Somebody has stopped it; it can be resumed.</summary>
    Cancelled,

    /// <summary>It could not go on; it can be resumed.</summary>
    Failed,
}

/// <summary>What to replay, and into which group. Only that group sees the events again.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Group">The group.</param>
public sealed record ReplayRequest(string Stream, string Group)
{
    /// <summary>Where the events come from.</summary>
    public ReplaySource Source { get; init; }

    /// <summary>The earliest time, inclusive: of creation in the store, of appending in the stream. Null begins with the oldest.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The latest time, exclusive; null ends with what is there now.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only events of this type.</summary>
    public string? Type { get; init; }

    /// <summary>Only events of this tenant; null for those of all.</summary>
    public string? Tenant { get; init; }

    /// <summary>The most events a second; null goes as fast as the group handles them.</summary>
    public int? EventsPerSecond { get; init; }

    /// <summary>True creates the group where there is none: it goes on with what is published from now on.</summary>
    public bool CreateGroup { get; init; }
}

/// <summary>A replay, under way or ended.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Request">What was asked for; <see cref="ReplayRequest.To"/> is set.</param>
public sealed record Replay(string Id, ReplayRequest Request)
{
    /// <summary>How far it is.</summary>
    public ReplayState State { get; init; }

    /// <summary>How many events have been sent to the group.</summary>
    public long Sent { get; init; }

    /// <summary>How many there were to send when it began; null while that is not known.</summary>
    public long? Total { get; init; }

    /// <summary>How many of those sent the group has yet to handle.</summary>
    public long Waiting { get; init; }

    /// <summary>The time of the last event that was sent; null before the first.</summary>
    public DateTimeOffset? Position { get; init; }

    /// <summary>Why it could not go on, or what it waits for.</summary>
    public string? Reason { get; init; }

    /// <summary>When it was asked for.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last moved.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    internal string Cursor { get; init; } = "";

    /// <summary>
    /// The group was made for this replay: it must not begin before the archive has everything that the group does not get live.
    /// </summary>
    internal bool IsNewGroup { get; init; }
}
