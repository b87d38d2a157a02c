namespace StackExchange.Redis;

public sealed partial class ConnectionMultiplexer
{
    /// <summary>Connects, blocking the thread.</summary>
    /// <exception cref="RedisConnectionException">No server answers and abortConnect is true.</exception>
    public static ConnectionMultiplexer Connect(string configuration, TextWriter? log = null) =>
        Connect(ConfigurationOptions.Parse(configuration), log);

    /// <summary>Connects, blocking the thread.</summary>
    /// <exception cref="RedisConnectionException">No server answers and abortConnect is true.</exception>
    public static ConnectionMultiplexer Connect(string configuration, Action<ConfigurationOptions> configure, TextWriter? log = null) =>
        Connect(ConfigurationOptions.Parse(configuration).Apply(configure), log);

    /// <summary>Connects, blocking the thread.</summary>
    /// <exception cref="RedisConnectionException">No server answers and abortConnect is true.</exception>
    public static ConnectionMultiplexer Connect(ConfigurationOptions configuration, TextWriter? log = null) =>
        // The work is moved to the pool so that a caller with a synchronization context cannot wait for itself.
        Task.Run(() => ConnectAsync(configuration, log)).GetAwaiter().GetResult();

    /// <summary>Connects.</summary>
    /// <exception cref="RedisConnectionException">No server answers and abortConnect is true.</exception>
    public static Task<ConnectionMultiplexer> ConnectAsync(string configuration, TextWriter? log = null) =>
        ConnectAsync(ConfigurationOptions.Parse(configuration), log);

    /// <summary>Connects.</summary>
    /// <exception cref="RedisConnectionException">No server answers and abortConnect is true.</exception>
    public static Task<ConnectionMultiplexer> ConnectAsync(
        string configuration, Action<ConfigurationOptions> configure, TextWriter? log = null) =>
        ConnectAsync(ConfigurationOptions.Parse(configuration).Apply(configure), log);

    /// <summary>Connects.</summary>
    /// <exception cref="RedisConnectionException">No server answers and abortConnect is true.</exception>
    public static async Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions configuration, TextWriter? log = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (configuration.EndPoints.Count == 0) throw new ArgumentException("No endpoints specified", nameof(configuration));
        if (configuration.ServiceName is { Length: > 0 } || configuration.Proxy != Proxy.None)
        {
            throw new NotSupportedException("This client connects to a server directly; serviceName (Sentinel) and proxy are not supported.");
        }
        var multiplexer = new ConnectionMultiplexer(configuration);
        log?.WriteLine($"Connecting to {configuration.ToString(includePassword: false)}");
        var connected = false;
        for (var cycle = 0; cycle < Math.Max(1, configuration.ConnectRetry) && !connected; cycle++)
        {
            connected = await multiplexer.Interactive.TryConnectAsync().ConfigureAwait(false);
        }
        log?.WriteLine(connected ? "Connected" : "Not connected");
        if (!connected && configuration.AbortOnConnectFail)
        {
            var exception = multiplexer.UnableToConnect();
            await multiplexer.DisposeAsync().ConfigureAwait(false);
            throw exception;
        }
        multiplexer.Interactive.Run();
        return multiplexer;
    }

    /// <inheritdoc/>
    public void Close(bool allowCommandsToComplete = true) => Task.Run(() => CloseAsync(allowCommandsToComplete)).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public async Task CloseAsync(bool allowCommandsToComplete = true)
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        Link? subscription;
        lock (_subscriptionGate) subscription = _subscription;
        await Interactive.CloseAsync(allowCommandsToComplete).ConfigureAwait(false);
        if (subscription is not null) await subscription.CloseAsync(allowCommandsToComplete: false).ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _heart.ConfigureAwait(false);
        Subscriptions.Complete();
    }

    /// <summary>Closes the connection after the commands in flight have their replies.</summary>
    public void Dispose() => Close();

    /// <summary>Closes the connection after the commands in flight have their replies.</summary>
    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    /// <exception cref="ObjectDisposedException">The multiplexer is closed; nobody would close the link any more.</exception>
    internal Link UseSubscriptionLink()
    {
        lock (_subscriptionGate)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            if (_subscription is null)
            {
                var link = new Link(this, _options, ConnectionType.Subscription);
                link.Run();
                Volatile.Write(ref _subscription, link);
            }
            return _subscription;
        }
    }

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(_options.HeartbeatInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                var now = Environment.TickCount64;
                Interactive.Beat(now);
                SubscriptionLink?.Beat(now);
            }
        }
        catch (OperationCanceledException)
        {
            // The multiplexer was closed.
        }
    }

    private RedisConnectionException UnableToConnect()
    {
        var (cause, failure) = (Interactive.LastError, Interactive.LastFailure);
        var servers = string.Join(", ", EndPoints.Select(EndPointCollection.ToString));
        var text = failure switch
        {
            ConnectionFailureType.AuthenticationFailure =>
                "There was an authentication failure; check that passwords (or client certificates) are configured correctly: ",
            ConnectionFailureType.Loading => "The server is still loading its data: ",
            _ => $"Error connecting right now ({servers}). To allow this multiplexer to continue retrying until it's able to connect, " +
                "use abortConnect=false in your connection string or AbortOnConnectFail=false; in your code. ",
        };
        return new(failure, CommandFlags.None, $"It was not possible to connect to the redis server(s). {text}{cause?.Message}", cause);
    }
}
