using System.Collections.Concurrent;
using RankMyBrand.Foundation.RateLimiting.Redis;

namespace RankMyBrand.Foundation.RateLimiting.Leased;

/// <summary>The buckets of this instance, and their traffic with Redis.</summary>
internal sealed class LeasedLimits(RedisLimits redis, RateLimitPlanHolder plans, LocalClock clock)
{
    private const int MaxRefills = 4;

    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<LimitKey, LeasedBucket> _buckets = new();
    private volatile bool _isStopping;
    private int _count;

    /// <summary>Takes the cost locally, or says that Redis has to be asked. Costs no round trip and allocates nothing.</summary>
    public LeasedAnswer TryTake(in Claim claim, long now, out LeasedStatus found)
    {
        while (_buckets.TryGetValue(claim.LimitKey, out var bucket))
        {
            var answer = bucket.TryTake(claim.Cost, now, out found);
            if (found.IsLow && !redis.IsAway && !_isStopping)
                _ = TakeBlock(bucket, cost: 0, now, out _);
            if (answer != LeasedAnswer.Retired)
                return answer;
            Remove(bucket);
        }

        found = default;
        return LeasedAnswer.Empty;
    }

    /// <summary>What <see cref="TryTake"/> would say; takes nothing.</summary>
    /// <param name="claim">The limit and the cost.</param>
    /// <param name="now">The time.</param>
    /// <param name="asTold">True to be refused as long as was told, though a check would ask Redis again by then.</param>
    /// <param name="found">The refusal.</param>
    public LeasedAnswer Peek(in Claim claim, long now, bool asTold, out LeasedStatus found)
    {
        found = default;
        return _buckets.TryGetValue(claim.LimitKey, out var bucket) ? bucket.Peek(claim.Cost, now, asTold, out found) : LeasedAnswer.Empty;
    }

    /// <summary>
    /// Takes the cost, after a refill where need be. <see cref="LeasedAnswer.Empty"/> when Redis is away, when this instance remembers
    /// too many keys to remember another, when others keep taking what was fetched, or when the time of what was fetched is over when it
    /// comes: then Redis decides the request by itself.
    /// </summary>
    /// <param name="claim">The limit and the cost.</param>
    /// <param name="deadline">When the check has waited long enough for Redis.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<(LeasedAnswer Answer, LeasedStatus Found)> TakeAsync(
        Claim claim, long deadline, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxRefills; attempt++)
        {
            var now = clock.Now;
            var answer = TryTake(claim, now, out var found);
            if (answer != LeasedAnswer.Empty)
                return (answer, found);
            if (redis.IsAway || now >= deadline || BucketOf(claim.LimitKey) is not { } bucket)
                break;
            if (!await WaitForBlockAsync(bucket, claim.Cost, now, deadline, cancellationToken))
                break;
        }

        return (LeasedAnswer.Empty, default);
    }

    /// <summary>Takes back what a check took and did not use, because another limit refused.</summary>
    public void PutBack(in Claim claim, long segment)
    {
        var unused = new Unused(claim.Cost, segment);
        if (!_buckets.TryGetValue(claim.LimitKey, out var bucket) || !bucket.TryPutBack(unused))
            _ = redis.GiveBackAsync(claim.LimitKey, unused);
    }

    /// <summary>Returns tokens whose time is over, and forgets keys that nobody uses.</summary>
    public void Sweep()
    {
        var now = clock.Now;
        var isFull = Volatile.Read(ref _count) >= plans.Current.Options.MaxLocalKeys;
        foreach (var (key, bucket) in _buckets)
        {
            _ = redis.GiveBackAsync(key, bucket.TakeUnused(now, all: false));
            if (bucket.TryRetire(now, s_idle, isFull))
                Remove(bucket);
        }
    }

    /// <summary>Returns all tokens, before the instance ends.</summary>
    public async Task GiveBackAllAsync()
    {
        _isStopping = true;
        await Task.WhenAll(_buckets.Values.Select(bucket => bucket.Refilling));
        await Task.WhenAll(_buckets.Select(pair => redis.GiveBackAsync(pair.Key, pair.Value.TakeUnused(clock.Now, all: true))));
    }

    /// <summary>Waits for a block, or for the one that is on its way.</summary>
    /// <returns>False when the wait was of no use.</returns>
    private async Task<bool> WaitForBlockAsync(
        LeasedBucket bucket, long cost, long now, long deadline, CancellationToken cancellationToken)
    {
        var refilled = TakeBlock(bucket, cost, now, out var isOwn);
        try
        {
            return await refilled.WaitAsync(clock.Until(deadline, now), clock.Provider, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            if (!isOwn)
                bucket.Leave(refilled, cost);
            if (e is OperationCanceledException)
                throw;
            return false;
        }
    }

    /// <summary>Takes a block, unless one is on its way already.</summary>
    private Task<bool> TakeBlock(LeasedBucket bucket, long cost, long now, out bool isOwn)
    {
        var refilled = bucket.JoinRefill(cost, now, out var begun);
        isOwn = begun is not null;
        if (begun is { } refill)
            _ = RefillAsync(bucket, refill);
        return refilled;
    }

    private async Task RefillAsync(LeasedBucket bucket, Refill refill)
    {
        Grant? granted = null;
        try
        {
            _ = redis.GiveBackAsync(bucket.Limit, refill.Unused);
            var claim = new Claim(bucket.Limit.Rule, bucket.Limit.Key, refill.Cost);
            // No caller's token: others wait for the same block.
            var answer = await redis.TakeAsync([new Take(claim, refill.Demand, refill.Spare)], "", redis.Timeout, CancellationToken.None);
            granted = answer?[0];
        }
        finally
        {
            _ = redis.GiveBackAsync(bucket.Limit, bucket.Complete(refill, granted, plans.Current.Options.Hold));
        }
    }

    private LeasedBucket? BucketOf(LimitKey key)
    {
        if (_buckets.TryGetValue(key, out var known))
            return known;
        if (Volatile.Read(ref _count) >= plans.Current.Options.MaxLocalKeys)
            return null;
        var fresh = new LeasedBucket(key, clock);
        var bucket = _buckets.GetOrAdd(key, fresh);
        if (ReferenceEquals(bucket, fresh))
            Interlocked.Increment(ref _count);
        return bucket;
    }

    private void Remove(LeasedBucket bucket)
    {
        if (_buckets.TryRemove(KeyValuePair.Create(bucket.Limit, bucket)))
            Interlocked.Decrement(ref _count);
    }
}
