namespace StackExchange.Redis;

/// <summary>The shape of a reply; the low three bits are its RESP2 shape.</summary>
public enum ResultType : byte
{
    /// <summary>No reply.</summary>
    None = 0,

    /// <summary>A status line.</summary>
    SimpleString = 1,

    /// <summary>An error line.</summary>
    Error = 2,

    /// <summary>An integer.</summary>
    Integer = 3,

    /// <summary>A string of bytes.</summary>
    BulkString = 4,

    /// <summary>An array.</summary>
    Array = 5,

    /// <summary>Nothing (RESP3).</summary>
    Null = (1 << 3) | None,

    /// <summary>A double (RESP3).</summary>
    Double = (1 << 3) | SimpleString,

    /// <summary>An error of several lines (RESP3).</summary>
    BlobError = (1 << 3) | Error,

    /// <summary>A flag (RESP3).</summary>
    Boolean = (1 << 3) | Integer,

    /// <summary>A text with its format (RESP3).</summary>
    VerbatimString = (1 << 3) | BulkString,

    /// <summary>Keys and values in turn (RESP3).</summary>
    Map = (1 << 3) | Array,

    /// <summary>An integer of any size (RESP3).</summary>
    BigInteger = (2 << 3) | SimpleString,

    /// <summary>A set (RESP3).</summary>
    Set = (2 << 3) | Array,

    /// <summary>Attributes of the next reply (RESP3).</summary>
    Attribute = (3 << 3) | Array,

    /// <summary>A message outside the order of replies (RESP3).</summary>
    Push = (4 << 3) | Array,
}
