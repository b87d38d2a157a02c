namespace StackExchange.Redis;

/// <summary>What stands between the client and the servers.</summary>
public enum Proxy
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Twemproxy.</summary>
    Twemproxy = 1,

    /// <summary>Envoy.</summary>
    Envoyproxy = 2,
}
