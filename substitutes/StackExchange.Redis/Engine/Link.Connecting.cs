using System.Diagnostics;
using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace StackExchange.Redis;

internal sealed partial class Link
{
    // How often the retry policy is asked while there is no connection.
    private static readonly TimeSpan s_retryStep = TimeSpan.FromMilliseconds(50);

    // How far the connections are apart that a server accepts and ends.
    private static readonly TimeSpan s_breath = TimeSpan.FromMilliseconds(250);

    /// <summary>Tries each server once; true when one of them has become the live connection.</summary>
    public async Task<bool> TryConnectAsync()
    {
        IsConnecting = true;
        try
        {
            RedisConnection? replica = null;
            foreach (var endPoint in owner.EndPoints)
            {
                _attempts++;
                if (await OpenAsync(endPoint).ConfigureAwait(false) is not { } connection) continue;
                if (connection.Facts.IsReplica)
                {
                    // It serves reads, and is used when there is no server to write to.
                    if (replica is null) replica = connection;
                    else connection.Dispose();
                }
                else if (TryPublish(connection))
                {
                    replica?.Dispose();
                    return true;
                }
            }
            return replica is not null && TryPublish(replica);
        }
        finally
        {
            IsConnecting = false;
        }
    }

    /// <summary>Keeps the link connected until it is closed.</summary>
    public void Run() => _running = Task.Run(RunAsync, CancellationToken.None);

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            if (Live is { } connection)
            {
                var since = Stopwatch.GetTimestamp();
                await connection.Closed.ConfigureAwait(false);
                if (_stop.IsCancellationRequested) return;
                // A server that ends every connection after the handshake would be asked without a pause.
                var rest = s_breath - Stopwatch.GetElapsedTime(since);
                if (rest > TimeSpan.Zero) await Task.Delay(rest, _stop.Token).ConfigureAwait(false);
            }
            // The first try comes at once: most often the server is back or another one answers.
            if (!await TryConnectAsync().ConfigureAwait(false)) await RetryAsync().ConfigureAwait(false);
        }
    }

    private async Task RetryAsync()
    {
        var (retries, last) = (0L, Stopwatch.StartNew());
        while (Live is null)
        {
            await Task.Delay(s_retryStep, _stop.Token).ConfigureAwait(false);
            if (!options.ReconnectRetryPolicy.ShouldRetry(retries, (int)last.ElapsedMilliseconds)) continue;
            retries++;
            last.Restart();
            await TryConnectAsync().ConfigureAwait(false);
        }
    }

    private async Task<RedisConnection?> OpenAsync(EndPoint endPoint)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(options.ConnectTimeout);
        RedisConnection? connection = null;
        try
        {
            var stream = await Transport.OpenAsync(endPoint, type, options, limit.Token).ConfigureAwait(false);
            connection = new(endPoint, type, stream, _gate, _select, this);
            connection.Start();
            Interlocked.Increment(ref _sockets);
            connection.Facts = await new Handshake(connection, _gate, options)
                .RunAsync(owner.ClientName, owner.LibraryName, limit.Token).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            connection?.Dispose();
            if (!_stop.IsCancellationRequested) Failed(endPoint, e);
            return null;
        }
    }

    private bool TryPublish(RedisConnection connection)
    {
        try
        {
            Publish(connection);
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            connection.Dispose();
            if (!_stop.IsCancellationRequested) Failed(connection.EndPoint, e);
            return false;
        }
    }

    private void Publish(RedisConnection connection)
    {
        bool flush, inline, restored;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, owner);
            // From here on a failure takes the connection away under the gate; an earlier one would leave it in place for good.
            if (connection.HasFailed) throw new IOException("The connection ended as soon as it was established.");
            // Subscriptions come before anything that waits: a message published by a waiting command is then seen.
            foreach (var (message, frame) in owner.Subscriptions.Renewals(this, connection)) connection.Append(message, -1, frame);
            SendBacklog(connection);
            flush = connection.NeedsFlush(out inline);
            Volatile.Write(ref _live, connection);
            restored = _reported;
            (_everConnected, _reported, _lastError) = (true, false, null);
        }
        if (flush) connection.Flush(inline);
        owner.Connected(this, connection, restored);
    }

    private void Failed(EndPoint endPoint, Exception error)
    {
        var failure = error switch
        {
            RedisConnectionException e => e.FailureType,
            AuthenticationException or CryptographicException => ConnectionFailureType.AuthenticationFailure,
            _ => ConnectionFailureType.UnableToConnect,
        };
        if (error is OperationCanceledException)
        {
            error = new TimeoutException($"{EndPointCollection.ToString(endPoint)} did not answer within {options.ConnectTimeout} ms (connectTimeout).", error);
        }
        (_lastError, _lastFailure) = (error, failure);
        Report(endPoint, failure, error);
    }

    // An outage is reported once, however many tries it takes to end it.
    private void Report(EndPoint endPoint, ConnectionFailureType failure, Exception error)
    {
        if (_reported) return;
        _reported = true;
        owner.Lost(endPoint, type, failure, error);
    }
}
