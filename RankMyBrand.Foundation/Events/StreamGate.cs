namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Keeps one stream within its length. The length is asked of Redis a few times a second while events flow, more often near the limit,
/// and counted in between; what other processes append is seen at the next asking. A full stream is first trimmed of what all groups
/// have acknowledged, and takes nothing while that is not enough, unless its policy is to grow.
/// </summary>
internal sealed class StreamGate(StreamTrimmer trimmer, StreamOptions options, string stream, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan s_staleAfter = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_staleNearLimit = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private readonly long _limit = options.MaxLength;
    private readonly long _nearLimit = options.MaxLength - (options.MaxLength / 10);
    private readonly bool _grows = options.Overflow is OverflowPolicy.TrimAcknowledged;
    private readonly Lock _lock = new();
    private long _length;
    private long _underWay;
    private long _entered;
    private long _checkedAt = long.MinValue;

    /// <summary>Lets events through without asking Redis; false when it has to be asked.</summary>
    public bool TryEnter(int count)
    {
        lock (_lock)
        {
            var length = _length + count;
            var staleAfter = length <= _nearLimit || _grows ? s_staleAfter : s_staleNearLimit;
            if (_checkedAt == long.MinValue || (length > _limit && !_grows) || time.GetElapsedTime(_checkedAt) > staleAfter)
                return false;
            Count(count);
            return true;
        }
    }

    /// <summary>
    /// Lets events through, and tells how many: all, or as many as there is room for. Whoever has entered calls <see cref="Leave"/> when
    /// they have been appended, or not.
    /// </summary>
    public ValueTask<int> EnterAsync(int count, CancellationToken cancellationToken) =>
        TryEnter(count) ? new ValueTask<int>(count) : new ValueTask<int>(AskAsync(count, cancellationToken));

    public void Leave(int count)
    {
        lock (_lock)
            _underWay -= count;
    }

    /// <summary>The refusal for those who were not let through.</summary>
    public EventRejection Full() => new(
        RejectionReason.StreamFull,
        $"The stream '{stream}' is full: it holds {Volatile.Read(ref _length)} entries, which are not acknowledged yet, of at "
        + $"most {_limit}. "
        + "Publish again later.")
    {
        RetryAfter = s_retryAfter,
    };

    public void Dispose() => _refreshing.Dispose();

    private async Task<int> AskAsync(int count, CancellationToken cancellationToken)
    {
        var arrivedAt = time.GetTimestamp();
        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            // What somebody asked after this caller came is as good as an answer of its own.
            if (_checkedAt < arrivedAt)
                await AskAsync();
            return Take(count);
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <summary>
    /// Asks for the length. What was under way then and what has entered since may stand in the stream already and be counted twice,
    /// never not at all; the next asking sets that right.
    /// </summary>
    private async Task AskAsync()
    {
        var askedAt = time.GetTimestamp();
        long underWay, entered;
        lock (_lock)
            (underWay, entered) = (_underWay, _entered);
        var length = await trimmer.TrimAsync();
        lock (_lock)
            (_length, _checkedAt) = (length + underWay + (_entered - entered), askedAt);
    }

    private int Take(int count)
    {
        lock (_lock)
        {
            var taken = _grows ? count : (int)Math.Clamp(_limit - _length, 0, count);
            Count(taken);
            return taken;
        }
    }

    private void Count(int count)
    {
        _length += count;
        _underWay += count;
        _entered += count;
    }
}
