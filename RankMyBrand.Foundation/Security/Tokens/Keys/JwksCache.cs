using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// The keys that an issuer publishes at <see cref="JwtOptions.JwksUri"/>. One fetch at a time, shared by all who wait for it. A set that
/// has aged still serves while the next is fetched, unless nobody has asked for so long that it may be anything by now; and the last good
/// one serves for as long as the endpoint is away.
/// </summary>
internal sealed partial class JwksCache(
    IHttpClientFactory clients, IOptions<JwtOptions> options, TimeProvider time, ILogger<JwksCache> logger) : IJwtKeySource, IDisposable
{
    /// <summary>The name of the HTTP client.</summary>
    public const string ClientName = "jwks";

    private static readonly TimeSpan s_retryInterval = TimeSpan.FromSeconds(2);    // after a failed fetch
    private static readonly Task<bool> s_notNow = Task.FromResult(false);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly JwtOptions _options = options.Value;
    private readonly FetchAllowance _allowance = new(options.Value.JwksMinRefreshInterval, time);
    private JsonWebKeySet? _set;
    private Task<bool> _fetch = Task.FromResult(true);                   // whether it brought a set
    private bool _isOverdue;                                             // what is known does not serve during the fetch under way
    private long? _attemptedAt;                                          // timestamps: they do not jump with the clock
    private long? _fetchedAt;

    public ValueTask<JwtKeyLookup> FindAsync(string? keyId, JwtAlgorithm algorithm, CancellationToken ct)
    {
        if (Volatile.Read(ref _set) is not { } set || set.Find(keyId, algorithm) is not { Key: not null } found)
            return FindAfterAsync(Fetch(TimeSpan.Zero, out _), keyId, algorithm, ct);
        // Nobody waits: what is known still serves. Of a key without an id nothing tells that the issuer has another by now.
        var fetch = Fetch(keyId is null ? _options.JwksMinRefreshInterval : _options.JwksRefreshInterval, out var isOverdue);
        return isOverdue ? FindAfterAsync(fetch, keyId, algorithm, ct) : ValueTask.FromResult(found);
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private async ValueTask<JwtKeyLookup> FindAfterAsync(Task<bool> fetch, string? keyId, JwtAlgorithm algorithm, CancellationToken ct)
    {
        var isCurrent = await fetch.WaitAsync(ct);
        // What a set that cannot be renewed now does not know may be the issuer's next key, so nobody is to blame for it.
        return Volatile.Read(ref _set)?.Find(keyId, algorithm) is { } found && (found.Key is not null || isCurrent)
            ? found
            : new JwtKeyLookup(null, fetch == s_notNow ? JwtRefusal.KeyNotSought : JwtRefusal.KeysUnavailable);
    }

    /// <summary>
    /// The fetch under way, or a new one if the last is as old as <paramref name="age"/>; else the last one if it has failed, or none now.
    /// Never faults.
    /// </summary>
    /// <param name="age">How old what is known may be.</param>
    /// <param name="isOverdue">Whether even a key that is known has to wait for the fetch.</param>
    private Task<bool> Fetch(TimeSpan age, out bool isOverdue)
    {
        lock (_gate)
        {
            if (_fetch.IsCompleted)
            {
                isOverdue = false;
                if (_stopping.IsCancellationRequested || !IsDue(age))
                    return _fetch.Result ? s_notNow : _fetch;
                // While the endpoint is away and somebody asks, attempts are young, and nobody waits for each.
                _isOverdue = Age(_fetchedAt) >= 2 * _options.JwksRefreshInterval && Age(_attemptedAt) >= _options.JwksRefreshInterval;
                var (attempt, stopping) = (time.GetTimestamp(), _stopping.Token);
                _attemptedAt = attempt;
                _fetch = Task.Run(() => FetchAsync(attempt, stopping), CancellationToken.None);
            }

            isOverdue = _isOverdue;
            return _fetch;
        }
    }

    // A fetch that has failed is repeated soon, and beside the allowance: nobody has learnt anything by it.
    private bool IsDue(TimeSpan age) => _fetch.Result
        ? Age(_attemptedAt) >= age && _allowance.TrySpend()
        : Age(_attemptedAt) >= s_retryInterval;

    private string Late => $"they have not come within {_options.JwksTimeout}";

    private TimeSpan Age(long? timestamp) => timestamp is { } then ? time.GetElapsedTime(then) : TimeSpan.MaxValue;

    private async Task<bool> FetchAsync(long attempt, CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(_options.JwksTimeout);
        try
        {
            using var client = clients.CreateClient(ClientName);
            client.MaxResponseContentBufferSize = _options.JwksMaxBytes;
            var json = await client.GetByteArrayAsync(_options.JwksUri, limit.Token);
            if (!JsonWebKeySet.TryParse(json, out var set, out var error))
            {
                Log.Failed(logger, _options.JwksAddress, error);
                return false;
            }

            Volatile.Write(ref _set, set);
            lock (_gate)
                _fetchedAt = attempt;
            Log.Fetched(logger, set.Keys.Count, _options.JwksAddress);
            if (set.Skipped.Count > 0)
                Log.Skipped(logger, _options.JwksAddress, string.Join(", ", set.Skipped));
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException)          // whatever it was, the last good set stays
        {
            if (!stopping.IsCancellationRequested)
                Log.Failed(logger, _options.JwksAddress, limit.IsCancellationRequested ? Late : e.Message);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(500, LogLevel.Debug, "Fetched {Count} keys from {JwksUri}")]
        public static partial void Fetched(ILogger logger, int count, string? jwksUri);

        [LoggerMessage(501, LogLevel.Warning, "Left out keys of {JwksUri}: {Skipped}")]
        public static partial void Skipped(ILogger logger, string? jwksUri, string skipped);

        [LoggerMessage(502, LogLevel.Warning, "No keys from {JwksUri}, the last good ones stay: {Reason}")]
        public static partial void Failed(ILogger logger, string? jwksUri, string reason);
    }
}
