namespace StackExchange.Redis;

/// <summary>What kind of error a server reported.</summary>
public enum RedisErrorKind
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>Not classified.</summary>
    Unknown = 1,

    /// <summary>An error without a known code.</summary>
    UnknownError = 2,

    /// <summary>The connection failed.</summary>
    ConnectionFault = 3,

    /// <summary>The command timed out.</summary>
    Timeout = 4,

    /// <summary>LOADING: the server is loading its data.</summary>
    Loading = 5,

    /// <summary>CLUSTERDOWN: the cluster is down.</summary>
    ClusterDown = 6,

    /// <summary>MASTERDOWN: the link to the primary is down.</summary>
    MasterDown = 7,

    /// <summary>TRYAGAIN: try again later.</summary>
    TryAgain = 8,

    /// <summary>NOREPLICAS: too few replicas.</summary>
    NoReplicas = 9,

    /// <summary>MISCONF: the server refuses writes because it cannot save.</summary>
    Misconfigured = 10,

    /// <summary>OOM: the server is out of memory.</summary>
    OutOfMemory = 11,

    /// <summary>BUSY: a script is running.</summary>
    Busy = 12,

    /// <summary>The server has too many clients.</summary>
    MaxClients = 13,

    /// <summary>MOVED: the slot is elsewhere.</summary>
    Moved = 14,

    /// <summary>ASK: the slot is moving.</summary>
    Ask = 15,

    /// <summary>CROSSSLOT: the keys are in different slots.</summary>
    CrossSlot = 16,

    /// <summary>NOAUTH: not authenticated.</summary>
    NoAuth = 17,

    /// <summary>WRONGPASS: wrong user or password.</summary>
    WrongPass = 18,

    /// <summary>NOPERM: the user may not do this.</summary>
    NoPermission = 19,

    /// <summary>The operation is not permitted.</summary>
    NotPermitted = 20,

    /// <summary>The command is not known.</summary>
    UnknownCommand = 21,

    /// <summary>WRONGTYPE: the key holds another type.</summary>
    WrongType = 22,

    /// <summary>EXECABORT: the transaction was discarded.</summary>
    ExecAbort = 23,

    /// <summary>READONLY: the server is a replica.</summary>
    ReadOnly = 24,

    /// <summary>NOSCRIPT: the script is not in the cache.</summary>
    NoScript = 25,

    /// <summary>The target of a redirect is not known.</summary>
    UnknownRedirectTarget = 26,
}
