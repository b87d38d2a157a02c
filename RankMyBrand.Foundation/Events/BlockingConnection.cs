using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// A connection for commands that block, such as XREADGROUP BLOCK: an idle stream then costs nothing, and an event is delivered the
/// moment it arrives. A blocked connection holds up every other command on it, hence it is nobody else's.
/// </summary>
internal sealed class BlockingConnection(IConnectionMultiplexer redis, RedisKey key, string name) : IAsyncDisposable
{
    /// <summary>How long a command may block; short enough for the connection's keep-alive.</summary>
    public static readonly TimeSpan Block = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_wakeAgainAfter = TimeSpan.FromMilliseconds(10);

    private ConnectionMultiplexer? _connection;
    private long _clientId;

    /// <summary>
    /// Runs commands, of which one may block. Cancelling <paramref name="wake"/> unblocks it; it is not cut off, so that entries that are
    /// just then on their way still arrive.
    /// </summary>
    /// <exception cref="RedisException">Redis is away, or refuses a command.</exception>
    public async Task<T> RunAsync<T>(Func<IDatabase, Task<T>> commands, CancellationToken wake)
    {
        var connection = _connection ??= await ConnectAsync();
        if (Volatile.Read(ref _clientId) == 0)
            Volatile.Write(ref _clientId, (long)await connection.GetServer(key).ExecuteAsync("CLIENT", "ID"));

        var running = commands(connection.GetDatabase());
        var waking = Task.CompletedTask;
        await using (wake.Register(() => waking = WakeAsync(running)).ConfigureAwait(false))
            await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await waking;
        return await running;
    }

    /// <summary>Runs a blocking read of streams; an empty list after a few seconds without entries, or when it is woken.</summary>
    /// <inheritdoc cref="RunAsync{T}" path="/exception"/>
    public Task<IReadOnlyList<(string Stream, StreamEntry[] Entries)>> ReadAsync(
        string command, ICollection<object> arguments, CancellationToken wake) =>
        RunAsync(async database => StreamReply.Parse(await database.ExecuteAsync(command, arguments)), wake);

    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
            await connection.DisposeAsync();
    }

    private async Task WakeAsync(Task running)
    {
        try
        {
            // The command may not have got there yet.
            while (!running.IsCompleted
                && (long)await redis.GetServer(key).ExecuteAsync("CLIENT", "UNBLOCK", Volatile.Read(ref _clientId)) == 0)
                await Task.WhenAny(running, Task.Delay(s_wakeAgainAfter));
        }
        catch (Exception e) when (TransientFailure.Is(e) || e is RedisServerException)
        {
            // It ends by itself, a few seconds later.
        }
    }

    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        var options = ConfigurationOptions.Parse(redis.Configuration);
        options.ClientName = name;
        options.AbortOnConnectFail = false;
        // One reply shape to parse: under RESP3 it would be a map.
        options.Protocol = RedisProtocol.Resp2;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.AsyncTimeout = (int)(Block + TimeSpan.FromSeconds(10)).TotalMilliseconds;
        var connection = await ConnectionMultiplexer.ConnectAsync(options);
        connection.ConnectionFailed += (_, _) => Volatile.Write(ref _clientId, 0);
        return connection;
    }
}
