namespace StackExchange.Redis;

/// <summary>When a write applies.</summary>
public enum When
{
    /// <summary>In every case.</summary>
    Always = 0,

    /// <summary>Only when the key or field exists.</summary>
    Exists = 1,

    /// <summary>Only when the key or field does not exist.</summary>
    NotExists = 2,
}
