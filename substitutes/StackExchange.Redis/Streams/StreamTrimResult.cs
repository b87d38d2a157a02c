namespace StackExchange.Redis;

/// <summary>What became of an entry that was to be deleted.</summary>
public enum StreamTrimResult
{
    /// <summary>There was no such entry.</summary>
    NotFound = -1,

    /// <summary>It was deleted.</summary>
    Deleted = 1,

    /// <summary>It was acknowledged but not deleted: others still refer to it.</summary>
    NotDeleted = 2,
}
