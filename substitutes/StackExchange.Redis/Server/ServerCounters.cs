using System.Net;

namespace StackExchange.Redis;

/// <summary>What the connections to a server have done and have to do.</summary>
public class ServerCounters
{
    /// <summary>Makes counters of a server.</summary>
    public ServerCounters(EndPoint? endpoint) => EndPoint = endpoint;

    /// <summary>The server; null for all together.</summary>
    public EndPoint? EndPoint { get; }

    /// <summary>The connection for commands.</summary>
    public ConnectionCounters Interactive { get; internal init; } = new(ConnectionType.Interactive);

    /// <summary>Anything else.</summary>
    public ConnectionCounters Other { get; } = new(ConnectionType.None);

    /// <summary>The connection for pub/sub messages.</summary>
    public ConnectionCounters Subscription { get; internal init; } = new(ConnectionType.Subscription);

    /// <summary>Commands that have no reply yet.</summary>
    public long TotalOutstanding => Interactive.TotalOutstanding + Subscription.TotalOutstanding;

    /// <summary>A summary, for people.</summary>
    public override string ToString() => $"{EndPointCollection.ToString(EndPoint)}: int {Interactive}; sub {Subscription}";
}

/// <summary>What one connection has done and has to do.</summary>
public class ConnectionCounters
{
    internal ConnectionCounters(ConnectionType connectionType) => ConnectionType = connectionType;

    /// <summary>What the connection is for.</summary>
    public ConnectionType ConnectionType { get; }

    /// <summary>Whether there is nothing to report.</summary>
    public bool IsEmpty => OperationCount == 0 && TotalOutstanding == 0 && SocketCount == 0;

    /// <summary>Commands sent so far.</summary>
    public long OperationCount { get; internal init; }

    /// <summary>Commands that wait for a connection.</summary>
    public int PendingUnsentItems { get; internal init; }

    /// <summary>Commands sent that have no reply yet.</summary>
    public int SentItemsAwaitingResponse { get; internal init; }

    /// <summary>Sockets opened so far.</summary>
    public long SocketCount { get; internal init; }

    /// <summary>Channels subscribed to.</summary>
    public long Subscriptions { get; internal init; }

    /// <summary>Commands that have no reply yet.</summary>
    public int TotalOutstanding => PendingUnsentItems + SentItemsAwaitingResponse;

    /// <summary>A summary, for people.</summary>
    public override string ToString() =>
        $"ops={OperationCount}, unsent={PendingUnsentItems}, awaiting={SentItemsAwaitingResponse}, socks={SocketCount}";
}
