namespace StackExchange.Redis;

/// <summary>What kind of server this is.</summary>
public enum ServerType
{
    /// <summary>One server.</summary>
    Standalone = 0,

    /// <summary>A sentinel.</summary>
    Sentinel = 1,

    /// <summary>A node of a cluster.</summary>
    Cluster = 2,

    /// <summary>Behind Twemproxy.</summary>
    Twemproxy = 3,

    /// <summary>Behind Envoy.</summary>
    Envoyproxy = 4,
}
