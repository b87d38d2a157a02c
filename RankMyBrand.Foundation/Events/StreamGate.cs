using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Keeps one stream within its length. The length is asked of Redis a few times a second while events flow, and counted in between;
/// a full stream is first trimmed of what all groups have acknowledged, and takes nothing while that is not enough.
/// </summary>
internal sealed class StreamGate(IConnectionMultiplexer redis, string stream, long maxLength, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan s_staleAfter = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private long _length;
    private long _checkedAt = long.MinValue;

    /// <summary>Lets through <paramref name="count"/> events, or says why not.</summary>
    public async ValueTask<EventRejection?> EnterAsync(int count, CancellationToken cancellationToken)
    {
        var checkedAt = Volatile.Read(ref _checkedAt);
        var length = Interlocked.Add(ref _length, count);
        if (length > maxLength || checkedAt == long.MinValue || time.GetElapsedTime(checkedAt) > s_staleAfter)
            length = await RefreshAsync(checkedAt, count, cancellationToken);
        if (length <= maxLength)
            return null;

        Interlocked.Add(ref _length, -count);
        return new EventRejection(
            RejectionReason.StreamFull,
            $"The stream '{stream}' is full: it holds {length - count} entries that are not acknowledged yet, of at most {maxLength}. Publish again later.")
        {
            RetryAfter = s_retryAfter,
        };
    }

    public void Dispose() => _refreshing.Dispose();

    private async Task<long> RefreshAsync(long seenAt, int count, CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            // Somebody else has asked while this caller waited.
            if (_checkedAt != seenAt && Volatile.Read(ref _length) <= maxLength)
                return Volatile.Read(ref _length);

            // A little below the limit, so that a full stream under load is not trimmed once an event.
            var length = (long)await redis.GetDatabase().ScriptEvaluateAsync(
                Script.TrimAcknowledged, [(RedisKey)stream], [maxLength - (maxLength / 20)]);
            Volatile.Write(ref _length, length + count);
            Volatile.Write(ref _checkedAt, time.GetTimestamp());
            return length + count;
        }
        finally
        {
            _refreshing.Release();
        }
    }
}
