namespace RankMyBrand.Foundation.RateLimiting.Local;

/// <summary>This instance's share of a token bucket.</summary>
internal sealed class LocalTokenBucket(RateLimitRule rule, LocalClock clock) : LocalLimit(rule, clock)
{
    private readonly double _perMillisecond = rule.ShareOfPermits / rule.Window.TotalMilliseconds;
    private double _tokens = rule.Share;
    private long _at = clock.Now;

    public override bool TryTake(long cost, long now, out RateLimitStatus status)
    {
        lock (Gate)
        {
            Refill(now);
            // A cost above the share waits for a full bucket and leaves a debt: it would else be refused for as long as the outage lasts.
            var isTaken = _tokens >= Math.Min(cost, Rule.Share);
            if (isTaken)
                _tokens -= cost;
            status = new RateLimitStatus(
                Rule, !isTaken, (long)Math.Max(0, _tokens), Until(Rule.Share), isTaken ? TimeSpan.Zero : Until(Math.Min(cost, Rule.Share)));
            return isTaken;
        }
    }

    public override void PutBack(long cost)
    {
        lock (Gate)
            _tokens = Math.Min(Rule.Share, _tokens + cost);
    }

    public override bool IsFull(long now)
    {
        lock (Gate)
        {
            Refill(now);
            return _tokens >= Rule.Share;
        }
    }

    protected override LocalLimit Successor(RateLimitRule other, long now)
    {
        Refill(now);
        return new LocalTokenBucket(other, Clock) { _tokens = other.Share - (Rule.Share - _tokens), _at = _at };
    }

    private void Refill(long now)
    {
        _tokens = Math.Min(Rule.Share, _tokens + (Math.Max(0, Clock.Milliseconds(_at, now)) * _perMillisecond));
        _at = Math.Max(_at, now);
    }

    // The share of a rate may be so small that what it takes cannot be told; no outage lasts that long.
    private TimeSpan Until(long tokens) => TimeSpan.FromMilliseconds(
        Math.Clamp((tokens - _tokens) / _perMillisecond, 0, RateLimitRule.LongestRefill.TotalMilliseconds));
}
