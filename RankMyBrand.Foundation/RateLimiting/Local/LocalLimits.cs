using System.Collections.Concurrent;

namespace RankMyBrand.Foundation.RateLimiting.Local;

/// <summary>
/// The limits that this instance keeps while Redis is away. They outlive a short recovery, so that a Redis that comes and goes does not
/// hand out a new share each time.
/// </summary>
internal sealed class LocalLimits(RateLimitPlanHolder plans, LocalClock clock)
{
    private readonly ConcurrentDictionary<LimitKey, LocalLimit> _limits = new();
    private int _count;

    public bool TryTake(in Claim claim, long now, out RateLimitStatus status)
    {
        bool isTaken;
        // The sweep is about to remove a limit that it has retired.
        while (!Of(claim).TryUse(claim.Cost, now, out isTaken, out status))
            Thread.Yield();
        return isTaken;
    }

    public void PutBack(in Claim claim) => Of(claim).PutBack(claim.Cost);

    public void Sweep()
    {
        var now = clock.Now;
        foreach (var entry in _limits)
        {
            if (entry.Value.TryRetire(now) && _limits.TryRemove(entry))
                Interlocked.Decrement(ref _count);
        }
    }

    private LocalLimit Of(in Claim claim)
    {
        if (_limits.TryGetValue(claim.LimitKey, out var known))
            return known;
        // Beyond the keys that fit, all others share one limit: neither the memory nor the limit can be run over with made-up keys.
        var key = Volatile.Read(ref _count) < plans.Current.Options.MaxLocalKeys ? claim.LimitKey : new LimitKey(claim.Rule, "*");
        var fresh = LocalLimit.Of(claim.Rule, clock);
        var limit = _limits.GetOrAdd(key, fresh);
        if (ReferenceEquals(limit, fresh))
            Interlocked.Increment(ref _count);
        return limit;
    }
}
