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

    public bool IsBlocked(in Claim claim, long now, out RateLimitStatus status)
    {
        if (_blocks.TryGetValue(claim.LimitKey, out var block) && now < block.Until && claim.Cost >= block.Cost)
        {
            status = new RateLimitStatus(
                claim.Rule, refused: true, block.Remaining, clock.Until(block.ResetAt, now), clock.Until(block.RetryAt, now));
            return true;
        }

        status = default;
        return false;
    }

    /// <param name="claim">What was refused.</param>
    /// <param name="grant">The refusal.</param>
    /// <param name="sent">When the check was sent: the server's clock was read later, so the block never lasts too long.</param>
    public void Add(in Claim claim, in Grant grant, long sent)
    {
        // A slot may become free at any time, and a bucket of another policy says nothing of this one.
        if (claim.Rule.Algorithm == RateLimitAlgorithm.Concurrency || grant.Retry < MinMilliseconds)
            return;
        var block = new Block(
            clock.After(sent, Math.Min(MaxMilliseconds, grant.Retry)),
            clock.After(sent, grant.Retry),
            clock.After(sent, grant.Reset),
            claim.Cost,
            grant.Remaining);
        if (_blocks.ContainsKey(claim.LimitKey))
            _blocks[claim.LimitKey] = block;
        else if (Volatile.Read(ref _count) < plans.Current.Options.MaxLocalKeys && _blocks.TryAdd(claim.LimitKey, block))
            Interlocked.Increment(ref _count);
    }

    public void Sweep()
    {
        var now = clock.Now;
        foreach (var entry in _blocks)
        {
            if (now >= entry.Value.Until && _blocks.TryRemove(entry))
                Interlocked.Decrement(ref _count);
        }
    }

    private readonly record struct Block(long Until, long RetryAt, long ResetAt, long Cost, long Remaining);
}
