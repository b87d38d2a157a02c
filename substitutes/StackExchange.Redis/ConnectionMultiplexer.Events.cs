using System.Net;
using Microsoft.Extensions.Logging;

namespace StackExchange.Redis;

public sealed partial class ConnectionMultiplexer
{
    private EndPoint? _lastEndPoint;
    private ILogger? _logger;

    /// <inheritdoc/>
    public event EventHandler<ConnectionFailedEventArgs>? ConnectionFailed;

    /// <inheritdoc/>
    public event EventHandler<InternalErrorEventArgs>? InternalError;

    /// <inheritdoc/>
    public event EventHandler<ConnectionFailedEventArgs>? ConnectionRestored;

    /// <inheritdoc/>
    public event EventHandler<EndPointEventArgs>? ConfigurationChanged;

    /// <inheritdoc/>
    public event EventHandler<RedisErrorEventArgs>? ErrorMessage;

    /// <summary>A change was announced on the configuration channel; never raised by this client.</summary>
    public event EventHandler<EndPointEventArgs>? ConfigurationChangedBroadcast { add { } remove { } }

    /// <summary>A hash slot is served elsewhere; never raised by this client.</summary>
    public event EventHandler<HashSlotMovedEventArgs>? HashSlotMoved { add { } remove { } }

    internal void Connected(Link link, RedisConnection connection, bool restored)
    {
        if (link.Type == ConnectionType.Interactive)
        {
            Facts = connection.Facts;
            Scripts.Forget();
            Subscriptions.Connected();
            var changed = _lastEndPoint is not null && !_lastEndPoint.Equals(connection.EndPoint);
            _lastEndPoint = connection.EndPoint;
            if (changed) Raise(ConfigurationChanged, new EndPointEventArgs(this, connection.EndPoint));
        }
        if (!restored) return;
        Raise(ConnectionRestored, new(connection.EndPoint, link.Type, ConnectionFailureType.None, null));
        Write(logger => Log.Restored(logger, connection.EndPoint, link.Type));
    }

    internal void Lost(EndPoint endPoint, ConnectionType type, ConnectionFailureType failure, Exception error)
    {
        Raise(ConnectionFailed, new(endPoint, type, failure, error));
        Write(logger => Log.Failed(logger, endPoint, type, failure, error.Message));
    }

    internal void Refused(EndPoint endPoint, string error)
    {
        if (ErrorMessage is not null) Raise(ErrorMessage, new(this, endPoint, error));
    }

    internal void HandlerFailed(Exception error, string origin)
    {
        var endPoint = Interactive.Live?.EndPoint ?? EndPoints[0];
        Raise(InternalError, new(this, endPoint, ConnectionType.Subscription, error, origin));
    }

    // What is logged comes from the loops that keep the connection alive, which a full disk or a disposed factory must not end.
    private void Write(Action<ILogger> line)
    {
        if (_options.LoggerFactory is not { } factory) return;
        try
        {
            line(_logger ??= factory.CreateLogger<ConnectionMultiplexer>());
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            HandlerFailed(e, "logger");
        }
    }

    // Handlers run on the pool, one event after the other: they may block, and the reading loop may not.
    private void Raise<T>(EventHandler<T>? handlers, T arguments)
    {
        if (handlers is null) return;
        ThreadPool.UnsafeQueueUserWorkItem(
            static state =>
            {
                foreach (var handler in Delegate.EnumerateInvocationList(state.handlers))
                {
                    try
                    {
                        handler(state.Item1, state.arguments);
                    }
                    catch (Exception e) when (e is not OutOfMemoryException)
                    {
                        if (state.arguments is not InternalErrorEventArgs) state.Item1.HandlerFailed(e, typeof(T).Name);
                    }
                }
            },
            (this, handlers, arguments),
            preferLocal: false);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The {ConnectionType} connection to {EndPoint} failed ({FailureType}): {Reason}")]
        public static partial void Failed(
            ILogger logger, EndPoint endPoint, ConnectionType connectionType, ConnectionFailureType failureType, string reason);

        [LoggerMessage(2, LogLevel.Information, "The {ConnectionType} connection to {EndPoint} is back")]
        public static partial void Restored(ILogger logger, EndPoint endPoint, ConnectionType connectionType);
    }
}
