using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// A connection for commands that block, such as XREADGROUP BLOCK: an idle stream then costs nothing, and an event is delivered the
/// moment it arrives. A blocked connection holds up every other command on it, hence it is nobody else's.
/// </summary>
internal sealed class BlockingConnection(IConnectionMultiplexer redis, string name) : IAsyncDisposable
{
    /// <summary>How long a command may block; short enough for the connection's keep-alive.</summary>
    public static readonly TimeSpan Block = TimeSpan.FromSeconds(5);

    private ConnectionMultiplexer? _connection;
    private long _clientId;

    /// <summary>Runs a blocking read; an empty list after a few seconds without entries, or when <paramref name="cancellationToken"/> wakes it.</summary>
    /// <exception cref="RedisException">Redis is away, or refuses the command.</exception>
    public async Task<IReadOnlyList<(string Stream, StreamEntry[] Entries)>> ReadAsync(
        string command, ICollection<object> arguments, CancellationToken cancellationToken)
    {
        var database = (_connection ??= await ConnectAsync()).GetDatabase();
        try
        {
            if (_clientId == 0)
                _clientId = (long)await database.ExecuteAsync("CLIENT", "ID");

            // A read that is to end is woken up, not cut off: entries that are just then on their way still arrive.
            await using var wake = cancellationToken.Register(Wake).ConfigureAwait(false);
            return cancellationToken.IsCancellationRequested ? [] : StreamReply.Parse(await database.ExecuteAsync(command, arguments));
        }
        catch (Exception e) when (e is RedisConnectionException or RedisTimeoutException)
        {
            _clientId = 0;
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
            await connection.DisposeAsync();
    }

    private void Wake()
    {
        if (Volatile.Read(ref _clientId) is var id and not 0)
            _ = redis.GetDatabase().ExecuteAsync("CLIENT", ["UNBLOCK", id], CommandFlags.FireAndForget);
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
        return await ConnectionMultiplexer.ConnectAsync(options);
    }
}
