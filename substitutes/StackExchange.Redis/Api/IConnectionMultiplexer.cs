using System.Net;
using StackExchange.Redis.Profiling;

namespace StackExchange.Redis;

/// <summary>One connection to Redis that the whole application shares.</summary>
public interface IConnectionMultiplexer : IDisposable, IAsyncDisposable
{
    /// <summary>The server answered a command with an error.</summary>
    event EventHandler<RedisErrorEventArgs> ErrorMessage;

    /// <summary>A connection failed, or could not be made; raised once per outage.</summary>
    event EventHandler<ConnectionFailedEventArgs> ConnectionFailed;

    /// <summary>The client met an error of its own, or one in a handler it called.</summary>
    event EventHandler<InternalErrorEventArgs> InternalError;

    /// <summary>A connection is there again.</summary>
    event EventHandler<ConnectionFailedEventArgs> ConnectionRestored;

    /// <summary>Another server is in use now.</summary>
    event EventHandler<EndPointEventArgs> ConfigurationChanged;

    /// <summary>A change was announced on the configuration channel; never raised here.</summary>
    event EventHandler<EndPointEventArgs> ConfigurationChangedBroadcast;

    /// <summary>A hash slot is served elsewhere; never raised here.</summary>
    event EventHandler<HashSlotMovedEventArgs> HashSlotMoved;

    /// <summary>The client's name at the server.</summary>
    string ClientName { get; }

    /// <summary>The connection string.</summary>
    string Configuration { get; }

    /// <summary>How long a synchronous command may take.</summary>
    int TimeoutMilliseconds { get; }

    /// <summary>How many commands have been sent.</summary>
    long OperationCount { get; }

    /// <summary>Whether there is a connection.</summary>
    bool IsConnected { get; }

    /// <summary>Whether a connection is being made.</summary>
    bool IsConnecting { get; }

    /// <summary>Calls the provider for every command; the session it returns records the command.</summary>
    void RegisterProfiler(Func<ProfilingSession?> profilingSessionProvider);

    /// <summary>What the connections have done and have to do.</summary>
    ServerCounters GetCounters();

    /// <summary>The servers.</summary>
    EndPoint[] GetEndPoints(bool configuredOnly = false);

    /// <summary>Blocks until the task ends; throws when it fails or the timeout of synchronous commands has passed.</summary>
    void Wait(Task task);

    /// <summary>Blocks until the task ends; throws when it fails or the timeout of synchronous commands has passed.</summary>
    T Wait<T>(Task<T> task);

    /// <summary>Blocks until the tasks end; throws when one fails or the timeout of synchronous commands has passed.</summary>
    void WaitAll(params Task[] tasks);

    /// <summary>The hash slot of a key in a cluster.</summary>
    int HashSlot(RedisKey key);

    /// <summary>Publishes and subscribes.</summary>
    ISubscriber GetSubscriber(object? asyncState = null);

    /// <summary>A database; -1 is the configured default.</summary>
    IDatabase GetDatabase(int db = -1, object? asyncState = null);

    /// <summary>A server by its address.</summary>
    IServer GetServer(string host, int port, object? asyncState = null);

    /// <summary>A server by its address.</summary>
    IServer GetServer(string hostAndPort, object? asyncState = null);

    /// <summary>A server by its address.</summary>
    IServer GetServer(IPAddress host, int port);

    /// <summary>A server by its address.</summary>
    IServer GetServer(EndPoint endpoint, object? asyncState = null);

    /// <summary>The server of a key.</summary>
    IServer GetServer(RedisKey key, object? asyncState = null, CommandFlags flags = CommandFlags.None);

    /// <summary>Every server.</summary>
    IServer[] GetServers();

    /// <summary>A summary of the state, for people.</summary>
    string GetStatus();

    /// <summary>Writes a summary of the state, for people.</summary>
    void GetStatus(TextWriter log);

    /// <summary>A summary of the state, for people.</summary>
    string ToString();

    /// <summary>Closes the connection, by default after the commands in flight have their replies.</summary>
    void Close(bool allowCommandsToComplete = true);

    /// <summary>Closes the connection, by default after the commands in flight have their replies.</summary>
    Task CloseAsync(bool allowCommandsToComplete = true);

    /// <summary>The hash slot of a key in a cluster.</summary>
    int GetHashSlot(RedisKey key);

    /// <summary>Adds to the library's name at the server; takes effect with the next connection.</summary>
    void AddLibraryNameSuffix(string suffix);
}
