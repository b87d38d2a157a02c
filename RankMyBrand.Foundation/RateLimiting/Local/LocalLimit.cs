namespace RankMyBrand.Foundation.RateLimiting.Local;

/// <summary>A limit that this instance keeps by itself while Redis is away: its share of the whole.</summary>
internal abstract class LocalLimit(RateLimitRule rule, LocalClock clock)
{
    protected Lock Gate { get; } = new();

    protected RateLimitRule Rule => rule;

    protected LocalClock Clock => clock;

    public static LocalLimit Of(RateLimitRule rule, LocalClock clock) => rule.Algorithm == RateLimitAlgorithm.SlidingWindow
        ? new LocalSlidingWindow(rule, clock)
        : new LocalTokenBucket(rule, clock);

    /// <summary>Takes the cost if it is there.</summary>
    public abstract bool TryTake(long cost, long now, out RateLimitStatus status);

    public abstract void PutBack(long cost);

    /// <summary>True when nothing would change if this limit were forgotten.</summary>
    public abstract bool IsFull(long now);
}
