namespace RankMyBrand.Foundation.RateLimiting.Local;

/// <summary>A limit that this instance keeps by itself while Redis is away: its share of the whole.</summary>
internal abstract class LocalLimit(RateLimitRule rule, LocalClock clock)
{
    private bool _isRetired;

    protected Lock Gate { get; } = new();

    public RateLimitRule Rule => rule;

    protected LocalClock Clock => clock;

    public static LocalLimit Of(RateLimitRule rule, LocalClock clock) => rule.Algorithm == RateLimitAlgorithm.SlidingWindow
        ? new LocalSlidingWindow(rule, clock)
        : new LocalTokenBucket(rule, clock);

    /// <summary>Takes the cost if it is there. False when this limit is not in use any more.</summary>
    public bool TryUse(long cost, long now, out bool isTaken, out RateLimitStatus status)
    {
        lock (Gate)
        {
            (isTaken, status) = (false, default);
            if (!_isRetired)
                isTaken = TryTake(cost, now, out status);
            return !_isRetired;
        }
    }

    /// <summary>Ends the use of a limit that has nothing to remember. False while it has, and when another has ended it.</summary>
    public bool TryRetire(long now)
    {
        lock (Gate)
            return !_isRetired && (_isRetired = IsFull(now));
    }

    /// <summary>
    /// Ends the use of this limit, and makes one of another rule for the same <see cref="StateKey"/>, of which as much is used. Null when
    /// this limit is not in use any more.
    /// </summary>
    public LocalLimit? TrySucceed(RateLimitRule other, long now)
    {
        lock (Gate)
        {
            if (_isRetired)
                return null;
            _isRetired = true;
            return Successor(other, now);
        }
    }

    /// <summary>Takes the cost if it is there.</summary>
    public abstract bool TryTake(long cost, long now, out RateLimitStatus status);

    public abstract void PutBack(long cost);

    /// <summary>A limit of which as much is used as of this one.</summary>
    /// <param name="other">Its rule; window and segments are those of this limit's rule.</param>
    /// <param name="now">The time.</param>
    protected abstract LocalLimit Successor(RateLimitRule other, long now);

    /// <summary>True when nothing would change if this limit were forgotten.</summary>
    public abstract bool IsFull(long now);
}
