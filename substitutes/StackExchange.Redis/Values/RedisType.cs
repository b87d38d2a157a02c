namespace StackExchange.Redis;

/// <summary>What a key holds.</summary>
public enum RedisType
{
    /// <summary>The key does not exist.</summary>
    None = 0,

    /// <summary>A string.</summary>
    String = 1,

    /// <summary>A list.</summary>
    List = 2,

    /// <summary>A set.</summary>
    Set = 3,

    /// <summary>A sorted set.</summary>
    SortedSet = 4,

    /// <summary>A hash.</summary>
    Hash = 5,

    /// <summary>A stream.</summary>
    Stream = 6,

    /// <summary>A type this client does not know.</summary>
    Unknown = 7,

    /// <summary>A vector set.</summary>
    VectorSet = 8,

    /// <summary>An array.</summary>
    Array = 9,

    /// <summary>A bitmap.</summary>
    Bitmap = 10,
}
