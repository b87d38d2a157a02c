namespace StackExchange.Redis;

/// <summary>What a connection is for.</summary>
public enum ConnectionType
{
    /// <summary>Not applicable.</summary>
    None = 0,

    /// <summary>Commands.</summary>
    Interactive = 1,

    /// <summary>Pub/sub messages.</summary>
    Subscription = 2,
}
