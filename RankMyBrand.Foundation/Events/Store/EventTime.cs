namespace RankMyBrand.Foundation.Events;

/// <summary>
/// The times of creation that the archive takes. It has a chunk for each day, so identifiers made up by a faulty clock or an enemy
/// could otherwise fill the database with empty tables that no retention ever reaches.
/// </summary>
public static class EventTime
{
    /// <summary>How far the clock of a publisher may be ahead.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromDays(1);

    /// <summary>The earliest time; events of the past may be published late, but not from before there was anything to measure.</summary>
    public static readonly DateTimeOffset Earliest = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Null when the time inside the identifier is one that the archive takes, else a sentence about what is wrong.</summary>
    public static string? FaultOf(Guid id, DateTimeOffset now)
    {
        if (!UuidV7.TryGetTime(id, out var createdAt))
            return $"The event's id {id} is not a UUIDv7, so it carries no time of creation.";
        return FaultOf(createdAt, now) is { } fault ? $"The event's id {id} says that it was created {fault}" : null;
    }

    /// <summary>Null for a time that the archive takes, else the end of a sentence: at which time, and which are taken.</summary>
    public static string? FaultOf(DateTimeOffset time, DateTimeOffset now) => time >= Earliest && time - now <= Ahead
        ? null
        : $"at {time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}; times from {Earliest:yyyy-MM-dd} to one day ahead are taken.";
}
