using RankMyBrand.Foundation.RateLimiting.Leased;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.RateLimiting.Redis;

/// <summary>The limits in Redis: every check is one script call, and no failure gets out.</summary>
internal sealed class RedisLimits(IConnectionMultiplexer redis, RedisAvailability availability, RateLimitPlanHolder plans, LocalClock clock)
{
    /// <summary>Values a limit in the arguments of the script, and numbers a limit in its reply.</summary>
    private const int Arguments = 8;
    private const int Answers = 6;

    private readonly IDatabase _database = redis.GetDatabase();

    public bool IsAway => availability.IsAway;

    /// <summary>Takes all or nothing. Null when Redis is away.</summary>
    /// <param name="takes">The limits, each key once.</param>
    /// <param name="holder">Who holds the slots of concurrency limits; empty without any.</param>
    /// <param name="cancellationToken">Ends the wait. What was taken by then stays taken.</param>
    public async ValueTask<Grant[]?> TakeAsync(Take[] takes, string holder, CancellationToken cancellationToken)
    {
        if (IsAway)
            return null;
        var (keys, values) = Compose(takes, holder);
        var isKnown = false;
        try
        {
            var reply = await _database.ScriptEvaluateAsync(LimitScript.Check, keys, values)
                .WaitAsync(plans.Current.Options.RedisTimeout, clock.Provider, cancellationToken);
            isKnown = true;
            return Read((long[]?)reply ?? []);
        }
        catch (Exception e) when (RedisAvailability.IsFailure(e))
        {
            availability.Failed(e);
            return null;
        }
        finally
        {
            // The script may run, or have run, without anybody knowing: its slots must not stay taken until they expire.
            if (!isKnown && holder.Length > 0)
                Release(takes.Select(take => take.Claim), holder);
        }
    }

    /// <summary>
    /// Returns tokens of a block that were not used. Lost when Redis is away: the limit only becomes stricter for a while.
    /// </summary>
    public async Task GiveBackAsync(LimitKey limit, Unused unused)
    {
        if (unused.Amount <= 0 || IsAway)
            return;
        try
        {
            RedisValue[] values = [.. limit.Rule.Arguments, unused.Amount, unused.Segment];
            await _database.ScriptEvaluateAsync(LimitScript.GiveBack, [limit.Rule.RedisKey(limit.Key)], values)
                .WaitAsync(plans.Current.Options.RedisTimeout, clock.Provider);
        }
        catch (Exception e) when (RedisAvailability.IsFailure(e))
        {
            availability.Failed(e);
        }
    }

    /// <summary>Frees the slots of a holder, without waiting for Redis.</summary>
    public void Release(IEnumerable<Claim> claims, string holder)
    {
        foreach (var claim in claims)
        {
            if (claim.Rule.Algorithm == RateLimitAlgorithm.Concurrency)
                _ = ReleaseAsync(claim, holder);
        }
    }

    /// <summary>Keeps slots of concurrency limits for another lease duration. False when Redis is away.</summary>
    public async Task<bool> RenewAsync(IReadOnlyList<(Claim Claim, string Holder)> slots, CancellationToken cancellationToken)
    {
        if (IsAway)
            return false;
        var keys = new RedisKey[slots.Count];
        var values = new RedisValue[slots.Count * 3];
        for (var i = 0; i < keys.Length; i++)
        {
            var (claim, holder) = slots[i];
            keys[i] = claim.Rule.RedisKey(claim.Key);
            values[i * 3] = holder;
            values[(i * 3) + 1] = claim.Cost;
            values[(i * 3) + 2] = (long)claim.Rule.Window.TotalMilliseconds;
        }

        try
        {
            await _database.ScriptEvaluateAsync(LimitScript.Renew, keys, values)
                .WaitAsync(plans.Current.Options.RedisTimeout, clock.Provider, cancellationToken);
            return true;
        }
        catch (Exception e) when (RedisAvailability.IsFailure(e))
        {
            availability.Failed(e);
            return false;
        }
    }

    private static (RedisKey[] Keys, RedisValue[] Values) Compose(Take[] takes, string holder)
    {
        var keys = new RedisKey[takes.Length];
        var values = new RedisValue[takes.Length * Arguments];
        for (var i = 0; i < takes.Length; i++)
        {
            var ((rule, key, cost), demand, spare) = takes[i];
            keys[i] = rule.RedisKey(key);
            var at = i * Arguments;
            rule.Arguments.CopyTo(values, at);
            at += rule.Arguments.Length;
            values[at] = cost;
            values[at + 1] = demand;
            values[at + 2] = spare;
            values[at + 3] = holder;
        }

        return (keys, values);
    }

    private static Grant[] Read(long[] reply)
    {
        var grants = new Grant[reply.Length / Answers];
        for (var i = 0; i < grants.Length; i++)
        {
            var at = i * Answers;
            grants[i] = new Grant(reply[at], reply[at + 1], reply[at + 2], reply[at + 3], reply[at + 4], reply[at + 5]);
        }

        return grants;
    }

    private async Task ReleaseAsync(Claim claim, string holder)
    {
        if (IsAway)
            return;
        try
        {
            var slots = new RedisValue[claim.Cost];
            for (var slot = 0; slot < slots.Length; slot++)
                slots[slot] = $"{holder}:{slot + 1}";
            await _database.SortedSetRemoveAsync(claim.Rule.RedisKey(claim.Key), slots);
        }
        catch (Exception e) when (RedisAvailability.IsFailure(e))
        {
            availability.Failed(e);
        }
    }
}
