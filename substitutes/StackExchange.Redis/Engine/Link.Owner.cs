namespace StackExchange.Redis;

internal sealed partial class Link
{
    bool IConnectionOwner.TryPush(RedisConnection connection, RespReader reader)
    {
        var push = reader.Type == (byte)'>' || (type == ConnectionType.Subscription && reader.Type == (byte)'*');
        return push && owner.Subscriptions.TryReceive(this, connection, reader);
    }

    void IConnectionOwner.Refused(RedisConnection connection, IMessage message, string error)
    {
        owner.Refused(connection.EndPoint, error);
        // The server has been demoted. Another one may be the primary now, and only connecting anew finds it.
        if (owner.EndPoints.Length > 1 && RedisErrors.KindOf(error) == RedisErrorKind.ReadOnly)
        {
            connection.Fail(ConnectionFailureType.UnableToResolvePhysicalConnection, "The server is a replica now: " + error);
        }
    }

    void IConnectionOwner.Selected(RedisConnection connection, int database, string? refusal)
    {
        bool inline;
        lock (_gate)
        {
            connection.Learn(database, refusal);
            if (_live != connection) return;
            SendBacklog(connection);
            if (!connection.NeedsFlush(out inline)) return;
        }
        connection.Flush(inline);
    }

    void IConnectionOwner.Detach(RedisConnection connection)
    {
        lock (_gate)
        {
            if (_live == connection) Volatile.Write(ref _live, null);
        }
    }

    void IConnectionOwner.Closed(RedisConnection connection, RedisConnectionException exception)
    {
        if (_closed || exception.FailureType == ConnectionFailureType.ConnectionDisposed) return;
        (_lastError, _lastFailure) = (exception, exception.FailureType);
        if (options.BacklogPolicy.AbortPendingOnConnectionFailure)
        {
            List<Backlog.Item> aborted;
            lock (_gate) aborted = _backlog.TakeAll();
            foreach (var item in aborted) FailAll(item.Messages, NoConnection);
        }
        // A connection that fails while it is being established is reported by the attempt.
        if (connection.Facts.Version is not null || _everConnected) Report(connection.EndPoint, exception.FailureType, exception);
    }

    public RedisConnectionException NoConnection(Command command, CommandFlags flags)
    {
        var text = _everConnected
            ? $"No connection (requires writable - not eligible for replica) is active/available to service this operation: {command}"
            : $"Connection to Redis never succeeded (attempts: {_attempts} - connection likely in-progress), unable to service operation: {command}";
        var failure = _lastError is null ? ConnectionFailureType.UnableToResolvePhysicalConnection : _lastFailure;
        return new(failure, flags, WithCause(text), _lastError, CommandStatus.WaitingToBeSent);
    }

    private RedisConnectionException NoConnection(IMessage message) => NoConnection(message.Command, message.Flags);

    private Exception BacklogTimeout(IMessage message)
    {
        var text = $"The message timed out in the backlog attempting to send because no connection became available ({options.AsyncTimeout}ms) - " +
            $"Last Connection Exception: {_lastError?.Message ?? "none"}, command={message.Command}, timeout: {options.AsyncTimeout}, {owner.Status()}";
        return _lastError is null
            ? new RedisTimeoutException(message.Flags, text, CommandStatus.WaitingInBacklog)
            : new RedisConnectionException(_lastFailure, message.Flags, text, _lastError, CommandStatus.WaitingInBacklog);
    }

    private RedisTimeoutException Timeout(RedisConnection connection, IMessage message, long elapsed) => new(
        message.Flags,
        $"Timeout awaiting response ({elapsed}ms elapsed, timeout is {options.AsyncTimeout}ms), command={message.Command}, " +
        $"in-flight: {connection.PendingCount}, last-read: {Environment.TickCount64 - connection.LastRead}ms ago, {owner.Status()}. " +
        "The server may still carry the command out; raise asyncTimeout if it is expected to take this long.",
        CommandStatus.Sent);

    private static RedisServerException Refused(string refusal, IMessage message) =>
        RedisErrors.Exception($"{refusal} (command={message.Command})", message.Flags);

    private static RedisConnectionException LostBeforeCommands(IMessage message) => new(
        ConnectionFailureType.SocketFailure,
        message.Flags,
        "The connection was lost between the conditions of a transaction and its commands; nothing was executed.",
        commandStatus: CommandStatus.WaitingToBeSent);

    private static RedisConnectionException Disposed(CommandStatus status) => new(
        ConnectionFailureType.ConnectionDisposed, CommandFlags.None, "The multiplexer was closed before the command was sent.", commandStatus: status);

    private string WithCause(string text) => _lastError is { } cause ? $"{text}. Last error: {cause.Message}" : text;
}
