using RankMyBrand.Foundation.RateLimiting.Leased;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.RateLimiting.Redis;

/// <summary>The limits in Redis: every check is one step of a script call, and no failure gets out.</summary>
internal sealed class RedisLimits(IConnectionMultiplexer redis, RedisAvailability availability, RateLimitPlanHolder plans, LocalClock clock)
{
    private readonly IDatabase _database = redis.GetDatabase();
    private readonly CheckQueue _queue = new(redis.GetDatabase(), plans, clock);

    public bool IsAway => availability.IsAway;

    /// <summary>When the last outage ended; what was entered before may be lost. Null when there was none.</summary>
    public long? RecoveredAt => availability.RecoveredAt;

    /// <summary>How long a check waits.</summary>
    public TimeSpan Timeout => plans.Current.Options.RedisTimeout;

    /// <summary>Takes all or nothing. Null when Redis is away, or has not answered in time.</summary>
    /// <param name="takes">The limits, each key once.</param>
    /// <param name="holder">Who holds the slots of concurrency limits; empty without any.</param>
    /// <param name="patience">How long to wait: less than <see cref="Timeout"/> for a check that has waited for Redis before.</param>
    /// <param name="cancellationToken">Ends the wait. What was taken by then stays taken.</param>
    public async ValueTask<Grant[]?> TakeAsync(Take[] takes, string holder, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (IsAway || patience <= TimeSpan.Zero)
            return null;
        // Redis may answer before a wait for it begins, which then does not end: who has gone by now is charged nothing.
        cancellationToken.ThrowIfCancellationRequested();
        var check = new PendingCheck(takes, holder);
        var isKnown = false;
        _queue.Add(check);
        try
        {
            var grants = await check.Task.WaitAsync(patience, clock.Provider, cancellationToken);
            isKnown = true;
            return grants;
        }
        catch (TimeoutException) when (patience < Timeout)
        {
            // Redis has answered the check before, and this wait was too short to begin an outage with.
            return null;
        }
        catch (Exception e) when (RedisAvailability.IsFailure(e))
        {
            availability.Failed(e);
            return null;
        }
        finally
        {
            if (!isKnown)
                _ = AbandonAsync(check);
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
            RedisValue[] values = [limit.Rule.Record, unused.Amount, unused.Segment];
            await _database.ScriptEvaluateAsync(LimitScript.GiveBack, [limit.Rule.RedisKey(limit.Key)], values)
                .WaitAsync(Timeout, clock.Provider);
        }
        catch (Exception e) when (RedisAvailability.IsFailure(e))
        {
            availability.Failed(e);
        }
    }

    /// <summary>Frees the slots of a holder. False when Redis is away: then it may still count them.</summary>
    public Task<bool> ReleaseAsync(IEnumerable<Claim> claims, string holder) =>
        IsAway ? Task.FromResult(false) : ReleaseAnywayAsync(claims, holder);

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
                .WaitAsync(Timeout, clock.Provider, cancellationToken);
            return true;
        }
        catch (Exception e) when (RedisAvailability.IsFailure(e))
        {
            availability.Failed(e);
            return false;
        }
    }

    /// <summary>
    /// Sees to a check whose caller has gone: it may run, or have run, without anybody knowing, and its slots must not stay taken until
    /// they expire.
    /// </summary>
    private async Task AbandonAsync(PendingCheck check)
    {
        check.Abandon();
        await ((Task)check.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Whether or not Redis counts as away: its answer may come before the probe that ends the outage.
        if (!check.Task.IsCanceled && check.Holder.Length > 0)
            await ReleaseAnywayAsync(check.Takes.Select(take => take.Claim), check.Holder);
    }

    private async Task<bool> ReleaseAnywayAsync(IEnumerable<Claim> claims, string holder)
    {
        var isFreed = true;
        foreach (var claim in claims)
        {
            if (claim.Rule.Algorithm == RateLimitAlgorithm.Concurrency)
                isFreed &= await ReleaseAnywayAsync(claim, holder);
        }

        return isFreed;
    }

    private async Task<bool> ReleaseAnywayAsync(Claim claim, string holder)
    {
        try
        {
            var slots = new RedisValue[claim.Cost];
            for (var slot = 0; slot < slots.Length; slot++)
                slots[slot] = $"{holder}:{slot + 1}";
            await _database.SortedSetRemoveAsync(claim.Rule.RedisKey(claim.Key), slots);
            return true;
        }
        catch (Exception e) when (RedisAvailability.IsFailure(e))
        {
            availability.Failed(e);
            return false;
        }
    }
}
