using System.Collections.Concurrent;
using RankMyBrand.Foundation.RateLimiting.Redis;

namespace RankMyBrand.Foundation.RateLimiting.Local;

/// <summary>
/// Limits that Redis decides and that are known to be used up: until their time has come they are refused without asking again, so a
/// caller who hammers costs Redis nothing.
/// </summary>
internal sealed class BlockedLimits(RateLimitPlanHolder plans, LocalClock clock)
{
    /// <summary>Redis is asked again after this long at the latest, so that a limit reset by hand is noticed.</summary>
    public const long MaxMilliseconds = 10_000;

    /// <summary>Remembering a shorter wait costs more than asking.</summary>
    private const long MinMilliseconds = 2;

    private readonly ConcurrentDictionary<LimitKey, Block> _blocks = new();
    private int _count;

    /// <summary>Whether a check is refused without asking Redis.</summary>
    public bool IsBlocked(in Claim claim, long now, out RateLimitStatus status)
    {
        status = default;
        return _blocks.TryGetValue(claim.LimitKey, out var block) && now < block.Until && IsRefused(block, claim, now, out status);
    }

    /// <summary>Whether the wait that a refusal told is not over yet, though a check would ask Redis again by now.</summary>
    public bool IsUsedUp(in Claim claim, long now, out RateLimitStatus status)
    {
        status = default;
        return _blocks.TryGetValue(claim.LimitKey, out var block) && now < block.RetryAt && IsRefused(block, claim, now, out status);
    }

    /// <summary>Remembers a refusal that has just come.</summary>
    /// <param name="claim">What was refused.</param>
    /// <param name="grant">The refusal.</param>
    /// <param name="sent">When the check was sent: the server's clock was read later, so the block never lasts too long.</param>
    public void Add(in Claim claim, in Grant grant, long sent)
    {
        // A slot may become free at any time, and a bucket of another policy says nothing of this one.
        if (claim.Rule.Algorithm == RateLimitAlgorithm.Concurrency || grant.Retry < MinMilliseconds)
            return;
        var now = clock.Now;
        // What is told to others counts from now, as it does for this caller; counted from the sending it would be too short.
        var block = new Block(
            now,
            clock.After(sent, Math.Min(MaxMilliseconds, grant.Retry)),
            clock.After(now, grant.Retry),
            clock.After(now, grant.Reset),
            claim.Cost,
            grant.Remaining);
        if (_blocks.TryGetValue(claim.LimitKey, out var known))
        {
            // The refusal of what costs less says more.
            if (claim.Cost <= known.Cost || now >= known.Until)
                _blocks.TryUpdate(claim.LimitKey, block, known);
        }
        else if (Volatile.Read(ref _count) < plans.Current.Options.MaxLocalKeys && _blocks.TryAdd(claim.LimitKey, block))
            Interlocked.Increment(ref _count);
    }

    /// <summary>Forgets the refusal of a check that is allowed after all: somebody has reset the limit.</summary>
    /// <param name="claim">What was allowed.</param>
    /// <param name="sent">When the check was sent; it may have been decided before others were that were refused.</param>
    public void Remove(in Claim claim, long sent)
    {
        if (_blocks.TryGetValue(claim.LimitKey, out var known) && claim.Cost >= known.Cost && sent >= known.At
            && _blocks.TryRemove(KeyValuePair.Create(claim.LimitKey, known)))
        {
            Interlocked.Decrement(ref _count);
        }
    }

    public void Sweep()
    {
        var now = clock.Now;
        // Where there is no room for others, only what spares Redis a question is kept.
        var isFull = Volatile.Read(ref _count) >= plans.Current.Options.MaxLocalKeys;
        foreach (var entry in _blocks)
        {
            if (now >= (isFull ? entry.Value.Until : entry.Value.RetryAt) && _blocks.TryRemove(entry))
                Interlocked.Decrement(ref _count);
        }
    }

    private bool IsRefused(in Block block, in Claim claim, long now, out RateLimitStatus status)
    {
        status = default;
        var more = claim.Cost - block.Cost;
        // What costs more is refused, too, and has to wait longer: how much longer is known of a bucket only.
        if (more < 0 || (more > 0 && claim.Rule.Algorithm != RateLimitAlgorithm.TokenBucket))
            return false;
        var retryAt = clock.After(block.RetryAt, claim.Rule.MillisecondsFor(more));
        status = new RateLimitStatus(
            claim.Rule, refused: true, block.Remaining, clock.Until(block.ResetAt, now), clock.Until(retryAt, now));
        return true;
    }

    /// <param name="At">When the refusal has come.</param>
    /// <param name="Until">Until when Redis is not asked.</param>
    /// <param name="RetryAt">When the cost may be there.</param>
    /// <param name="ResetAt">When all of it is there again.</param>
    /// <param name="Cost">What was refused.</param>
    /// <param name="Remaining">What was left.</param>
    private readonly record struct Block(long At, long Until, long RetryAt, long ResetAt, long Cost, long Remaining);
}
