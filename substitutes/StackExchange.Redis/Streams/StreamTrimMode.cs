namespace StackExchange.Redis;

/// <summary>What trimming or deleting entries does to consumer groups that have not acknowledged them.</summary>
public enum StreamTrimMode
{
    /// <summary>Pending lists keep their references.</summary>
    KeepReferences = 0,

    /// <summary>The references are removed too (Redis 8.2).</summary>
    DeleteReferences = 1,

    /// <summary>Only entries that every group has acknowledged are removed (Redis 8.2).</summary>
    Acknowledged = 2,
}
