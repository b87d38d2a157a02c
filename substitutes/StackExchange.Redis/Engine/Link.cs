namespace StackExchange.Redis;

/// <summary>
/// The way to the server, which outlives single connections: it connects, keeps commands while there is no connection as the
/// backlog policy says, and reconnects as the retry policy says.
/// </summary>
internal sealed partial class Link(
    ConnectionMultiplexer owner, ConfigurationOptions options, ConnectionType type) : IConnectionOwner, IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Backlog _backlog = new();
    private readonly Command? _select = options.CommandMap.NameOf("SELECT") is null
        ? null
        : Commands.Select.MappedBy(options.CommandMap);
    private RedisConnection? _live;
    private Task _running = Task.CompletedTask;
    private Exception? _lastError;
    private ConnectionFailureType _lastFailure;
    private long _attempts;
    private bool _everConnected;
    private bool _reported;
    private bool _closed;
    private long _sent;
    private long _sockets;

    public RedisConnection? Live => Volatile.Read(ref _live);

    public ConnectionType Type => type;

    public bool IsConnected => Live is not null;

    public bool IsConnecting { get; private set; }

    public long Sent => Volatile.Read(ref _sent);

    public long Sockets => Volatile.Read(ref _sockets);

    public int Waiting
    {
        get
        {
            lock (_gate) return _backlog.Count;
        }
    }

    public Exception? LastError => _lastError;

    public ConnectionFailureType LastFailure => _lastFailure;

    /// <summary>Held from the WATCH of a transaction to its EXEC: another EXEC in between would lift the watch.</summary>
    public SemaphoreSlim Transactions { get; } = new(1, 1);

    /// <summary>Sends a command, keeps it for later, or fails it.</summary>
    public void Send(IMessage message, int database, ReadOnlySpan<byte> frame)
    {
        RedisConnection? connection;
        bool inline;
        lock (_gate)
        {
            connection = _live;
            if (connection is null)
            {
                Keep([message], database, frame.ToArray());
                return;
            }
            if (connection.Knows(database, out var refusal))
            {
                if (refusal is not null)
                {
                    message.Fail(Refused(refusal, message));
                    return;
                }
                connection.Append(message, database, frame);
            }
            else
            {
                Hold(connection, [message], database, frame.ToArray());
            }
            _sent++;
            if (!connection.NeedsFlush(out inline)) return;
        }
        connection.Flush(inline);
    }

    /// <summary>Sends commands with nothing in between; only on a certain connection if one is given.</summary>
    public void Send(IReadOnlyList<IMessage> messages, int database, SendBuffer frames, RedisConnection? only = null)
    {
        RedisConnection? connection;
        bool inline;
        lock (_gate)
        {
            connection = _live;
            if (connection is null || only is not null && only != connection)
            {
                if (only is null) Keep(messages, database, frames.ToArray());
                else FailAll(messages, LostBeforeCommands);
                return;
            }
            if (connection.Knows(database, out var refusal))
            {
                if (refusal is not null)
                {
                    RefuseAll(messages, refusal);
                    return;
                }
                connection.Append(messages, database, frames);
            }
            else
            {
                Hold(connection, messages, database, frames.ToArray());
            }
            _sent += messages.Count;
            if (!connection.NeedsFlush(out inline)) return;
        }
        connection.Flush(inline);
    }

    /// <summary>Sends a command only if there is a connection.</summary>
    public bool TrySend(IMessage message, ReadOnlySpan<byte> frame)
    {
        RedisConnection? connection;
        bool inline;
        lock (_gate)
        {
            connection = _live;
            if (connection is null) return false;
            connection.Append(message, -1, frame);
            _sent++;
            if (!connection.NeedsFlush(out inline)) return true;
        }
        connection.Flush(inline);
        return true;
    }

    /// <summary>Looks at timeouts and keeps the connection alive.</summary>
    public void Beat(long now)
    {
        List<Backlog.Item>? expired;
        lock (_gate) expired = _backlog.TakeExpired(now - options.AsyncTimeout);
        foreach (var item in expired ?? []) FailAll(item.Messages, BacklogTimeout);

        if (Live is not { } connection) return;
        var oldest = now;
        if (connection.Oldest is { } head && !(now - head.Created < options.AsyncTimeout))
        {
            foreach (var message in connection.Pending)
            {
                if (message.Created is not { } created) continue;
                oldest = Math.Min(oldest, created);
                if (now - created < options.AsyncTimeout) break;
                if (!message.IsDone) message.Fail(Timeout(connection, message, now - created));
            }
        }
        var silence = 4L * options.AsyncTimeout;
        if (now - oldest >= silence && now - connection.LastRead >= silence)
        {
            connection.Fail(ConnectionFailureType.SocketFailure, $"The server has not answered for {now - connection.LastRead} ms");
        }
        else if (options.KeepAlive > 0 && now - connection.LastWrite >= options.KeepAlive * 1000L)
        {
            Ping();
        }
    }

    /// <summary>Fails what waits, ends the connection and stops reconnecting.</summary>
    public async Task CloseAsync(bool allowCommandsToComplete)
    {
        lock (_gate) _closed = true;
        if (allowCommandsToComplete && Live is { } connection)
        {
            // Commands that wait for word of their database are sent when it comes, which is before the first drain ends.
            if (Waiting > 0) await DrainAsync(connection).ConfigureAwait(false);
            await DrainAsync(connection).ConfigureAwait(false);
        }
        List<Backlog.Item> abandoned;
        lock (_gate) abandoned = _backlog.TakeAll();
        foreach (var item in abandoned) FailAll(item.Messages, _ => Disposed(CommandStatus.WaitingInBacklog));
        await _stop.CancelAsync().ConfigureAwait(false);
        Live?.Dispose();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Dispose();
    }

    // Transactions that wait for their turn still use the semaphore, which holds nothing that needs to be disposed.
    public void Dispose() => _stop.Dispose();

    private async Task DrainAsync(RedisConnection connection)
    {
        // The reply to a last PING comes after the replies to everything before it.
        var last = new Message<bool>(Commands.Ping, CommandFlags.None, Replies.Done);
        var frame = CommandFrame.Start(Commands.Ping, CommandMap.Default);
        if (!TrySend(last, frame.Complete())) return;
        await Task.WhenAny(last.Task, connection.Closed, Task.Delay(options.AsyncTimeout)).ConfigureAwait(false);
    }

    private void Ping()
    {
        if (options.CommandMap.NameOf("PING") is null) return;
        TrySend(new IgnoredMessage(Commands.Ping), CommandFrame.Start(Commands.Ping, options.CommandMap).Complete());
    }

    // Called under the gate.
    private void Keep(IReadOnlyList<IMessage> messages, int database, byte[] frames)
    {
        ObjectDisposedException.ThrowIf(_closed, owner);
        if (options.BacklogPolicy.QueueWhileDisconnected) _backlog.Add(messages, database, frames);
        else FailAll(messages, NoConnection);
    }

    // Called under the gate.
    private void Hold(RedisConnection connection, IReadOnlyList<IMessage> messages, int database, byte[] frames)
    {
        ObjectDisposedException.ThrowIf(_closed, owner);
        connection.Ask(database);
        _backlog.Add(messages, database, frames);
    }

    // Called under the gate. What is meant for a database that the server has yet to be asked for waits on.
    private void SendBacklog(RedisConnection connection)
    {
        foreach (var item in _backlog.TakeAll())
        {
            if (!connection.Knows(item.Database, out var refusal))
            {
                connection.Ask(item.Database);
                _backlog.Add(item);
            }
            else if (refusal is not null)
            {
                RefuseAll(item.Messages, refusal);
            }
            else
            {
                connection.Append(item.Messages, item.Database, item.Frames.AsSpan());
            }
        }
    }

    private static void RefuseAll(IEnumerable<IMessage> messages, string refusal)
    {
        foreach (var message in messages) message.Fail(Refused(refusal, message));
    }

    private static void FailAll(IEnumerable<IMessage> messages, Func<IMessage, Exception> why)
    {
        foreach (var message in messages) message.Fail(why(message));
    }
}
