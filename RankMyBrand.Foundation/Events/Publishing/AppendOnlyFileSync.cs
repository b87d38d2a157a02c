using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Waits until what was appended on its connection is synced to the server's append-only file. WAITAOF blocks its connection and
/// covers everything before it, so one serves all who wait: those who come meanwhile share the next one. The connection is nobody
/// else's.
/// </summary>
internal sealed class AppendOnlyFileSync : IAsyncDisposable
{
    private readonly ConnectionMultiplexer _connection;
    private readonly TimeSpan _timeout;
    private readonly Lock _lock = new();
    private Task _current = Task.CompletedTask;
    private Task? _next;
    private int _epoch;

    private AppendOnlyFileSync(ConnectionMultiplexer connection, TimeSpan timeout)
    {
        (_connection, _timeout) = (connection, timeout);
        Redis = connection.GetDatabase();
        connection.ConnectionFailed += (_, _) => Interlocked.Increment(ref _epoch);
    }

    public IDatabase Redis { get; }

    /// <summary>Changes when the connection is lost: another one knows nothing of what was appended on this one.</summary>
    public int Epoch => Volatile.Read(ref _epoch);

    public static async Task<AppendOnlyFileSync> ConnectAsync(IConnectionMultiplexer redis, TimeSpan timeout)
    {
        var options = ConfigurationOptions.Parse(redis.Configuration);
        options.ClientName = "events:synced";
        options.AbortOnConnectFail = false;
        // The server ends the wait, not the client.
        options.AsyncTimeout = (int)(timeout + TimeSpan.FromSeconds(5)).TotalMilliseconds;
        return new AppendOnlyFileSync(await ConnectionMultiplexer.ConnectAsync(options), timeout);
    }

    /// <summary>Waits until what has been appended since <paramref name="epoch"/> was read is on disk.</summary>
    /// <exception cref="AppendFailedException">The connection was lost meanwhile, or the server did not sync in time.</exception>
    public async Task WaitAsync(int epoch)
    {
        Task synced;
        lock (_lock)
        {
            if (_current.IsCompleted)
                synced = _current = SyncAsync();
            else
                synced = _next ??= SyncAfterAsync(_current);
        }

        await synced;
        if (Epoch != epoch)
            throw new AppendFailedException("The connection was lost before the server had synced its append-only file.", isTransient: true);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task SyncAfterAsync(Task current)
    {
        await current.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        Task mine;
        lock (_lock)
        {
            // From here on newcomers wait for the one after this.
            mine = _current = SyncAsync();
            _next = null;
        }

        await mine;
    }

    private async Task SyncAsync()
    {
        var reply = await Redis.ExecuteAsync("WAITAOF", 1, 0, (long)_timeout.TotalMilliseconds);
        if ((int)reply[0] < 1)
            throw new AppendFailedException($"The server did not sync its append-only file within {_timeout.TotalSeconds:0.#} s.", isTransient: true);
    }
}
