using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// The keys that an issuer publishes at <see cref="JwtOptions.JwksUri"/>. One fetch at a time, shared by all who
/// wait for it. A set that has
/// aged still serves while the next is fetched, and the last good one serves for as long as the endpoint is away.
/// </summary>
internal sealed partial class JwksCache(
    IHttpClientFactory clients, IOptions<JwtOptions> options, TimeProvider time, ILogger<JwksCache> logger) : IJwtKeySource, IDisposable
{
    /// <summary>The name of the HTTP client.</summary>
    public const string ClientName = "jwks";

    private static readonly TimeSpan s_retryInterval = TimeSpan.FromSeconds(2);    // after a failed fetch

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly JwtOptions _options = options.Value;
    private JsonWebKeySet? _set;
    private Task _fetch = Task.CompletedTask;
    private long? _lastAttempt;                                          // timestamps: they do not jump with the clock
    private long? _lastSuccess;

    public ValueTask<JwtKeyLookup> FindAsync(string? keyId, JwtAlgorithm algorithm, CancellationToken ct)
    {
        if (Volatile.Read(ref _set) is not { } set || set.Find(keyId, algorithm) is not { Key: not null } found)
            return FindAfterFetchAsync(keyId, algorithm, ct);
        // Nobody waits: what is known still serves. Of a key without an id nothing tells that the issuer has another by now.
        _ = Fetch(keyId is null ? _options.JwksMinRefreshInterval : _options.JwksRefreshInterval);
        return ValueTask.FromResult(found);
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private async ValueTask<JwtKeyLookup> FindAfterFetchAsync(string? keyId, JwtAlgorithm algorithm, CancellationToken ct)
    {
        await Fetch(_options.JwksMinRefreshInterval).WaitAsync(ct);
        // What a set that cannot be renewed does not know may be the issuer's next key, so nobody is to blame for it.
        return Volatile.Read(ref _set)?.Find(keyId, algorithm) is { } found && (found.Key is not null || IsCurrent())
            ? found
            : new JwtKeyLookup(null, JwtRefusal.KeysUnavailable);
    }

    private bool IsCurrent()
    {
        lock (_gate)
            return _lastSuccess == _lastAttempt;
    }

    /// <summary>
    /// The fetch under way, or a new one if the last is older than <paramref name="interval"/>, or nothing to wait for. Never faults.
    /// </summary>
    private Task Fetch(TimeSpan interval)
    {
        lock (_gate)
        {
            if (_lastSuccess != _lastAttempt && s_retryInterval < interval)
                interval = s_retryInterval;
            var due = _lastAttempt is not { } last || time.GetElapsedTime(last) >= interval;
            if (!_fetch.IsCompleted || !due || _stopping.IsCancellationRequested)
                return _fetch;
            var (attempt, stopping) = (time.GetTimestamp(), _stopping.Token);
            _lastAttempt = attempt;
            return _fetch = Task.Run(() => FetchAsync(attempt, stopping), CancellationToken.None);
        }
    }

    private async Task FetchAsync(long attempt, CancellationToken stopping)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            limit.CancelAfter(_options.JwksTimeout);
            using var client = clients.CreateClient(ClientName);
            client.MaxResponseContentBufferSize = _options.JwksMaxBytes;
            var json = await client.GetByteArrayAsync(_options.JwksUri, limit.Token);
            if (!JsonWebKeySet.TryParse(json, out var set, out var error))
            {
                Log.Failed(logger, _options.JwksUri, error);
                return;
            }

            Volatile.Write(ref _set, set);
            lock (_gate)
                _lastSuccess = attempt;
            Log.Fetched(logger, set.Keys.Count, _options.JwksUri);
            if (set.Skipped.Count > 0)
                Log.Skipped(logger, _options.JwksUri, string.Join(", ", set.Skipped));
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)      // whatever it was, the last good set stays
        {
            Log.Failed(logger, _options.JwksUri, e.Message);
        }
        catch (OperationCanceledException)
        {
            // The process is stopping.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(500, LogLevel.Debug, "Fetched {Count} keys from {JwksUri}")]
        public static partial void Fetched(ILogger logger, int count, Uri? jwksUri);

        [LoggerMessage(501, LogLevel.Warning, "Left out keys of {JwksUri}: {Skipped}")]
        public static partial void Skipped(ILogger logger, Uri? jwksUri, string skipped);

        [LoggerMessage(502, LogLevel.Warning, "No keys from {JwksUri}, the last good ones stay: {Reason}")]
        public static partial void Failed(ILogger logger, Uri? jwksUri, string reason);
    }
}
