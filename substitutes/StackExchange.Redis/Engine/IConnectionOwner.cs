namespace StackExchange.Redis;

/// <summary>What a connection tells the link that uses it.</summary>
internal interface IConnectionOwner
{
    /// <summary>Takes a message outside the order of replies, if this is one.</summary>
    bool TryPush(RedisConnection connection, RespReader reader);

    /// <summary>Learns that the server answered a command with an error.</summary>
    void Refused(RedisConnection connection, IMessage message, string error);

    /// <summary>Learns whether the server serves a database, or why it does not.</summary>
    void Selected(RedisConnection connection, int database, string? refusal);

    /// <summary>Stops sending commands to a connection that has failed.</summary>
    void Detach(RedisConnection connection);

    /// <summary>Learns that every message of a failed connection has its outcome.</summary>
    void Closed(RedisConnection connection, RedisConnectionException exception);
}

/// <summary>What is known of a server.</summary>
internal sealed record ServerFacts
{
    public RedisProtocol Protocol { get; init; } = RedisProtocol.Resp2;

    public Version? Version { get; init; }

    public bool IsReplica { get; init; }

    public ServerType ServerType { get; init; }

    /// <summary>How many databases there are; 0 when the server does not say.</summary>
    public int Databases { get; init; }
}
