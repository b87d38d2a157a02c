namespace StackExchange.Redis;

/// <summary>Classifies the server's error texts by their first word.</summary>
internal static class RedisErrors
{
    public static RedisErrorKind KindOf(string message)
    {
        var end = message.IndexOf(' ', StringComparison.Ordinal);
        return (end < 0 ? message : message[..end]) switch
        {
            "LOADING" => RedisErrorKind.Loading,
            "CLUSTERDOWN" => RedisErrorKind.ClusterDown,
            "MASTERDOWN" => RedisErrorKind.MasterDown,
            "TRYAGAIN" => RedisErrorKind.TryAgain,
            "NOREPLICAS" => RedisErrorKind.NoReplicas,
            "MISCONF" => RedisErrorKind.Misconfigured,
            "OOM" => RedisErrorKind.OutOfMemory,
            "BUSY" => RedisErrorKind.Busy,
            "MOVED" => RedisErrorKind.Moved,
            "ASK" => RedisErrorKind.Ask,
            "CROSSSLOT" => RedisErrorKind.CrossSlot,
            "NOAUTH" => RedisErrorKind.NoAuth,
            "WRONGPASS" => RedisErrorKind.WrongPass,
            "NOPERM" => RedisErrorKind.NoPermission,
            "WRONGTYPE" => RedisErrorKind.WrongType,
            "EXECABORT" => RedisErrorKind.ExecAbort,
            "READONLY" => RedisErrorKind.ReadOnly,
            "NOSCRIPT" => RedisErrorKind.NoScript,
            "ERR" when message.StartsWith("ERR unknown command", StringComparison.OrdinalIgnoreCase) => RedisErrorKind.UnknownCommand,
            "ERR" when message.StartsWith("ERR max number of clients", StringComparison.OrdinalIgnoreCase) => RedisErrorKind.MaxClients,
            "ERR" when message.StartsWith("ERR operation not permitted", StringComparison.OrdinalIgnoreCase) => RedisErrorKind.NotPermitted,
            _ => RedisErrorKind.UnknownError,
        };
    }

    public static RedisServerException Exception(string message, CommandFlags flags)
    {
        var kind = KindOf(message);
        if (kind is RedisErrorKind.Moved or RedisErrorKind.Ask) message += " (this client does not follow redirects of a cluster; connect to that server)";
        return new(kind, flags, message);
    }
}
