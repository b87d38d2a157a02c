using System.Globalization;
using System.Net;
using StackExchange.Redis.Profiling;

namespace StackExchange.Redis;

/// <summary>One connection to Redis that the whole application shares: commands of all callers go through it without waiting for each other.</summary>
public sealed partial class ConnectionMultiplexer : IConnectionMultiplexer
{
    private readonly ConfigurationOptions _options;
    private readonly EndPointCollection _endPoints;
    private readonly Lock _subscriptionGate = new();
    private readonly Task _heart;
    private readonly CancellationTokenSource _stop = new();
    private Func<ProfilingSession?>? _profiler;
    private string _suffixes = "";
    private Link? _subscription;
    private int _disposed;

    private ConnectionMultiplexer(ConfigurationOptions configuration)
    {
        _options = configuration.Clone();
        _endPoints = _options.EndPoints.WithDefaultPorts(_options.Ssl ? 6380 : 6379);
        EndPoints = [.. _endPoints];
        ClientName = _options.ClientName ?? _options.Defaults.ClientName;
        Map = _options.CommandMap;
        Interactive = new(this, _options, ConnectionType.Interactive);
        Subscriptions = new(this, _options);
        _heart = Task.Run(BeatAsync);
    }

    /// <inheritdoc/>
    public string ClientName { get; }

    /// <inheritdoc/>
    public string Configuration => _options.ToString();

    /// <inheritdoc/>
    public int TimeoutMilliseconds => _options.SyncTimeout;

    /// <inheritdoc/>
    public long OperationCount => Interactive.Sent + (SubscriptionLink?.Sent ?? 0);

    /// <inheritdoc/>
    public bool IsConnected => Interactive.IsConnected;

    /// <inheritdoc/>
    public bool IsConnecting => Interactive.IsConnecting;

    internal EndPoint[] EndPoints { get; }

    internal CommandMap Map { get; }

    internal Link Interactive { get; }

    /// <summary>The second way to the server, which only RESP2 needs; null until it is used.</summary>
    internal Link? SubscriptionLink => Volatile.Read(ref _subscription);

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    internal Subscriptions Subscriptions { get; }

    internal ScriptCache Scripts { get; } = new();

    internal ConfigurationOptions Options => _options;

    internal ServerFacts Facts { get; private set; } = new();

    internal Version ServerVersion => Facts.Version ?? _options.DefaultVersion;

    internal string LibraryName => (_options.LibraryName ?? _options.Defaults.LibraryName) + _suffixes;

    /// <inheritdoc/>
    public IDatabase GetDatabase(int db = -1, object? asyncState = null)
    {
        if (db == -1) db = _options.DefaultDatabase ?? 0;
        ArgumentOutOfRangeException.ThrowIfNegative(db);
        return new RedisDatabase(this, db, asyncState);
    }

    /// <inheritdoc/>
    public ISubscriber GetSubscriber(object? asyncState = null) => new RedisSubscriber(this);

    /// <inheritdoc/>
    public IServer GetServer(string host, int port, object? asyncState = null)
    {
        var wanted = new EndPointCollection { { host, port } };
        return GetServer(wanted[0], asyncState);
    }

    /// <inheritdoc/>
    public IServer GetServer(string hostAndPort, object? asyncState = null) => GetServer(
        EndPointCollection.TryParse(hostAndPort) ?? throw new ArgumentException($"The specified endpoint '{hostAndPort}' is not valid.", nameof(hostAndPort)), asyncState);

    /// <inheritdoc/>
    public IServer GetServer(IPAddress host, int port) => GetServer(new IPEndPoint(host, port));

    /// <inheritdoc/>
    public IServer GetServer(EndPoint? endpoint, object? asyncState = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var wanted = new EndPointCollection { endpoint }.WithDefaultPorts(_options.Ssl ? 6380 : 6379)[0];
        return EndPoints.Contains(wanted)
            ? new ServerCommands(this, wanted)
            : throw new ArgumentException($"The specified endpoint is not defined: {EndPointCollection.ToString(endpoint)}", nameof(endpoint));
    }

    /// <inheritdoc/>
    public IServer GetServer(RedisKey key, object? asyncState = null, CommandFlags flags = CommandFlags.None) =>
        new ServerCommands(this, Interactive.Live?.EndPoint ?? EndPoints[0]);

    /// <inheritdoc/>
    public IServer[] GetServers() => Array.ConvertAll(EndPoints, IServer (endpoint) => new ServerCommands(this, endpoint));

    /// <inheritdoc/>
    public EndPoint[] GetEndPoints(bool configuredOnly = false) => configuredOnly ? [.. _options.EndPoints] : [.. EndPoints];

    /// <inheritdoc/>
    public int HashSlot(RedisKey key) => ClusterSlot.Of(key);

    /// <inheritdoc/>
    public int GetHashSlot(RedisKey key) => ClusterSlot.Of(key);

    /// <inheritdoc/>
    public void RegisterProfiler(Func<ProfilingSession?> profilingSessionProvider)
    {
        if (_profiler is not null) throw new InvalidOperationException("A profiler is registered already.");
        _profiler = profilingSessionProvider ?? throw new ArgumentNullException(nameof(profilingSessionProvider));
    }

    /// <inheritdoc/>
    public void AddLibraryNameSuffix(string suffix)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(suffix);
        var part = "-" + suffix.Trim();
        if (!_suffixes.Contains(part, StringComparison.Ordinal)) _suffixes += part;
    }

    /// <inheritdoc/>
    public ServerCounters GetCounters() => Counters((EndPoint?)null);

    /// <inheritdoc/>
    public string GetStatus()
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        GetStatus(text);
        return text.ToString();
    }

    /// <inheritdoc/>
    public void GetStatus(TextWriter log)
    {
        ArgumentNullException.ThrowIfNull(log);
        log.WriteLine($"{ClientName}: {Status()}");
        log.WriteLine(GetCounters().ToString());
    }

    /// <summary>The client's name, or the type's.</summary>
    public override string ToString() => string.IsNullOrWhiteSpace(ClientName) ? GetType().Name : ClientName;

    /// <inheritdoc/>
    public void Wait(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        if (!((IAsyncResult)task).AsyncWaitHandle.WaitOne(TimeoutMilliseconds)) throw TooLong();
        task.GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public T Wait<T>(Task<T> task)
    {
        Wait((Task)task);
        return task.GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public void WaitAll(params Task[] tasks)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        if (!Task.WaitAll(tasks, TimeoutMilliseconds)) throw TooLong();
    }

    internal ServerCounters Counters(EndPoint? endPoint) => new(endPoint)
    {
        Interactive = Counters(Interactive),
        Subscription = SubscriptionLink is { } link ? Counters(link) : new(ConnectionType.Subscription) { Subscriptions = Subscriptions.Count },
    };

    internal string Status() =>
        $"{EndPointCollection.ToString(Interactive.Live?.EndPoint ?? EndPoints[0])} is {(IsConnected ? "connected" : IsConnecting ? "connecting" : "disconnected")}, " +
        $"clientName: {ClientName}";

    private ConnectionCounters Counters(Link link) => new(link.Type)
    {
        OperationCount = link.Sent,
        PendingUnsentItems = link.Waiting,
        SentItemsAwaitingResponse = link.Live?.PendingCount ?? 0,
        SocketCount = link.Sockets,
        Subscriptions = link.Type == ConnectionType.Subscription ? Subscriptions.Count : 0,
    };

    private RedisTimeoutException TooLong() =>
        new RedisTimeoutException(CommandFlags.None, $"The operation did not complete within the allotted timeout of {TimeoutMilliseconds} ms (syncTimeout).", CommandStatus.Unknown);
}
