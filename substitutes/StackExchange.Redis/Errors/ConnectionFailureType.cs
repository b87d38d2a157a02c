namespace StackExchange.Redis;

/// <summary>Why a connection failed.</summary>
public enum ConnectionFailureType
{
    /// <summary>It did not.</summary>
    None = 0,

    /// <summary>No server was found for the command.</summary>
    UnableToResolvePhysicalConnection = 1,

    /// <summary>The socket broke or went silent.</summary>
    SocketFailure = 2,

    /// <summary>The server refused the user or the password, or TLS failed.</summary>
    AuthenticationFailure = 3,

    /// <summary>The server answered something that is not RESP or not expected.</summary>
    ProtocolFailure = 4,

    /// <summary>A defect in the client.</summary>
    InternalFailure = 5,

    /// <summary>The server closed the socket.</summary>
    SocketClosed = 6,

    /// <summary>The multiplexer was closed.</summary>
    ConnectionDisposed = 7,

    /// <summary>The server is loading its data.</summary>
    Loading = 8,

    /// <summary>The server could not be reached.</summary>
    UnableToConnect = 9,

    /// <summary>A reply did not belong to its command.</summary>
    ResponseIntegrityFailure = 10,

    /// <summary>A circuit breaker was open.</summary>
    CircuitBreaker = 11,

    /// <summary>The server asked to move elsewhere.</summary>
    MaintenanceHandoff = 12,
}
