using System.Collections.Concurrent;

namespace RankMyBrand.Foundation.RateLimiting.Local;

/// <summary>
/// The limits that this instance keeps while Redis is away. They outlive a short recovery, so that a Redis that comes and goes does not
/// hand out a new share each time; a reload does not do so either.
/// </summary>
internal sealed class LocalLimits(RateLimitPlanHolder plans, LocalClock clock)
{
    private readonly ConcurrentDictionary<StateKey, LocalLimit> _limits = new();
    private int _count;

    public bool TryTake(in Claim claim, long now, out RateLimitStatus status)
    {
        bool isTaken;
        // Whoever has retired a limit is about to remove or to replace it.
        while (!Of(claim, now).TryUse(claim.Cost, now, out isTaken, out status))
            Thread.Yield();
        return isTaken;
    }

    public void PutBack(in Claim claim) => Of(claim, clock.Now).PutBack(claim.Cost);

    public void Sweep()
    {
        var now = clock.Now;
        foreach (var entry in _limits)
        {
            if (entry.Value.TryRetire(now) && _limits.TryRemove(entry))
                Interlocked.Decrement(ref _count);
        }
    }

    private LocalLimit Of(in Claim claim, long now)
    {
        var key = claim.StateKey;
        if (_limits.TryGetValue(key, out var known))
            return known.Rule == claim.Rule ? known : Succeed(key, known, claim.Rule, now);
        // Beyond the keys that fit, all others share one limit: neither the memory nor the limit can be run over with made-up keys.
        if (Volatile.Read(ref _count) >= plans.Current.Options.MaxLocalKeys)
            key = new StateKey(claim.Rule.Signature, "*");
        var fresh = LocalLimit.Of(claim.Rule, clock);
        var limit = _limits.GetOrAdd(key, fresh);
        if (ReferenceEquals(limit, fresh))
            Interlocked.Increment(ref _count);
        return limit;
    }

    /// <summary>Puts a limit with the rule that holds now in the place of one with another. What is used stays used.</summary>
    private LocalLimit Succeed(StateKey key, LocalLimit known, RateLimitRule rule, long now)
    {
        if (known.TrySucceed(rule, now) is not { } successor)
            return known;
        _limits[key] = successor;
        return successor;
    }
}
