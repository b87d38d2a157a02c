namespace StackExchange.Redis;

/// <summary>The version of the wire protocol.</summary>
public enum RedisProtocol
{
    /// <summary>RESP 2.</summary>
    Resp2 = 20000,

    /// <summary>RESP 3.</summary>
    Resp3 = 30000,
}
