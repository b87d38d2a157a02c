using System.Net;

namespace StackExchange.Redis;

/// <summary>Something happened at a server.</summary>
public class EndPointEventArgs : EventArgs
{
    /// <summary>Makes the arguments of an event.</summary>
    public EndPointEventArgs(object sender, EndPoint endpoint) => EndPoint = endpoint;

    /// <summary>The server.</summary>
    public EndPoint EndPoint { get; }
}

/// <summary>A connection failed or came back.</summary>
public class ConnectionFailedEventArgs : EventArgs
{
    private readonly string _physicalName;

    /// <summary>Makes the arguments of an event.</summary>
    public ConnectionFailedEventArgs(
        object sender, EndPoint endPoint, ConnectionType connectionType, ConnectionFailureType failureType, Exception exception, string physicalName)
    {
        EndPoint = endPoint;
        ConnectionType = connectionType;
        FailureType = failureType;
        Exception = exception;
        _physicalName = physicalName ?? GetType().Name;
    }

    internal ConnectionFailedEventArgs(
        EndPoint endPoint, ConnectionType connectionType, ConnectionFailureType failureType, Exception? exception)
    {
        EndPoint = endPoint;
        ConnectionType = connectionType;
        FailureType = failureType;
        Exception = exception;
        _physicalName = $"{EndPointCollection.ToString(endPoint)}/{connectionType}";
    }

    /// <summary>What the connection is for.</summary>
    public ConnectionType ConnectionType { get; }

    /// <summary>The server.</summary>
    public EndPoint? EndPoint { get; }

    /// <summary>The error, if there was one.</summary>
    public Exception? Exception { get; }

    /// <summary>Why it failed.</summary>
    public ConnectionFailureType FailureType { get; }

    /// <summary>The name of the connection.</summary>
    public override string ToString() => _physicalName;
}

/// <summary>The server answered a command with an error.</summary>
public class RedisErrorEventArgs : EventArgs
{
    /// <summary>Makes the arguments of an event.</summary>
    public RedisErrorEventArgs(object sender, EndPoint endpoint, string message) => (EndPoint, Message) = (endpoint, message);

    /// <summary>The server.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>The server's text.</summary>
    public string Message { get; }
}

/// <summary>The client met an error of its own, or one in a handler it called.</summary>
public class InternalErrorEventArgs : EventArgs
{
    /// <summary>Makes the arguments of an event.</summary>
    public InternalErrorEventArgs(object sender, EndPoint endpoint, ConnectionType connectionType, Exception exception, string origin) =>
        (EndPoint, ConnectionType, Exception, Origin) = (endpoint, connectionType, exception, origin);

    /// <summary>What the connection is for.</summary>
    public ConnectionType ConnectionType { get; }

    /// <summary>The server.</summary>
    public EndPoint? EndPoint { get; }

    /// <summary>The error.</summary>
    public Exception Exception { get; }

    /// <summary>Where it happened.</summary>
    public string? Origin { get; }
}

/// <summary>A hash slot of a cluster is now served elsewhere.</summary>
public class HashSlotMovedEventArgs : EventArgs
{
    /// <summary>Makes the arguments of an event.</summary>
    public HashSlotMovedEventArgs(object sender, int hashSlot, EndPoint old, EndPoint @new) =>
        (HashSlot, OldEndPoint, NewEndPoint) = (hashSlot, old, @new);

    /// <summary>The slot.</summary>
    public int HashSlot { get; }

    /// <summary>Where it was served.</summary>
    public EndPoint? OldEndPoint { get; }

    /// <summary>Where it is served.</summary>
    public EndPoint NewEndPoint { get; }
}
