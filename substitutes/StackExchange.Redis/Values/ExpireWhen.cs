namespace StackExchange.Redis;

/// <summary>When a new expiry applies.</summary>
public enum ExpireWhen
{
    /// <summary>In every case.</summary>
    Always = 0,

    /// <summary>Only when it is later than the present one.</summary>
    GreaterThanCurrentExpiry = 1,

    /// <summary>Only when there is one.</summary>
    HasExpiry = 2,

    /// <summary>Only when there is none.</summary>
    HasNoExpiry = 3,

    /// <summary>Only when it is earlier than the present one.</summary>
    LessThanCurrentExpiry = 4,
}
