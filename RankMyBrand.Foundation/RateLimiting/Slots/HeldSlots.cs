using System.Collections.Concurrent;
using System.Security.Cryptography;
using RankMyBrand.Foundation.RateLimiting.Redis;

namespace RankMyBrand.Foundation.RateLimiting.Slots;

/// <summary>
/// The slots that requests of this instance hold. They are renewed while held, so only those of a crashed instance expire.
/// </summary>
internal sealed class HeldSlots(RedisLimits redis, LocalClock clock)
{
    /// <summary>A lease is renewed when this part of its duration has passed.</summary>
    private const int RenewalsPerLease = 3;

    private const int LeasesPerCall = 200;

    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(1);

    private readonly string _instance = RandomNumberGenerator.GetHexString(16, lowercase: true);
    private readonly ConcurrentDictionary<string, ConcurrencyLease> _leases = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<ConcurrencyLease> _owed = new();

    // Not by the rule: what is held is held, whatever a reload makes of the rule.
    private readonly Dictionary<StateKey, long> _held = [];
    private readonly Lock _gate = new();
    private long _last;

    /// <summary>A name for the holder of the slots of one check.</summary>
    public string NewHolder() => $"{_instance}.{Interlocked.Increment(ref _last)}";

    /// <summary>Counts slots that Redis has given.</summary>
    public void Count(in Claim claim)
    {
        lock (_gate)
            _held[claim.StateKey] = _held.GetValueOrDefault(claim.StateKey) + claim.Cost;
    }

    /// <summary>Counts slots if this instance's share has room for them: the rule while Redis is away.</summary>
    public bool TryCount(in Claim claim, out RateLimitStatus status)
    {
        lock (_gate)
        {
            var held = _held.GetValueOrDefault(claim.StateKey);
            // A cost above the share would else be refused for as long as the outage lasts, though the whole limit has room for it.
            var hasRoom = held == 0 || held + claim.Cost <= claim.Rule.Share;
            if (hasRoom)
                _held[claim.StateKey] = held += claim.Cost;
            status = new RateLimitStatus(
                claim.Rule, !hasRoom, Math.Max(0, claim.Rule.Share - held), TimeSpan.Zero, hasRoom ? TimeSpan.Zero : s_retryAfter);
            return hasRoom;
        }
    }

    /// <summary>Ends the counting of slots.</summary>
    public void Uncount(in Claim claim)
    {
        lock (_gate)
        {
            var held = _held.GetValueOrDefault(claim.StateKey) - claim.Cost;
            if (held > 0)
                _held[claim.StateKey] = held;
            else
                _held.Remove(claim.StateKey);
        }
    }

    /// <summary>Holds slots that were counted, until they are released.</summary>
    /// <param name="holder">The id of the request.</param>
    /// <param name="claims">Its concurrency limits.</param>
    /// <param name="enteredAt">When Redis has given them; null when it was away.</param>
    public ConcurrencyLease Hold(string holder, Claim[] claims, long? enteredAt) =>
        _leases[holder] = new ConcurrencyLease(holder, claims, enteredAt, Release);

    /// <summary>
    /// Renews what is due. When Redis is back, slots that were taken while it was away are entered, those that it may have lost are entered
    /// again, and those that were released meanwhile are freed.
    /// </summary>
    public async Task UpkeepAsync(CancellationToken cancellationToken)
    {
        if (redis.IsAway)
            return;
        await PayAsync();
        var now = clock.Now;
        var recovered = redis.RecoveredAt;
        var due = _leases.Values.Where(lease => IsDue(lease, now, recovered)).ToArray();
        foreach (var leases in due.Chunk(LeasesPerCall))
        {
            var slots = leases.SelectMany(lease => lease.Claims.Select(claim => (claim, lease.Holder))).ToArray();
            Array.ForEach(leases, lease => lease.Ask(now));
            var isEntered = await redis.RenewAsync(slots, cancellationToken);
            foreach (var lease in leases)
            {
                if (isEntered)
                    lease.EnteredAt = now;
                // The renewal may have overtaken the release.
                if (lease.IsReleased)
                    _ = FreeAsync(lease);
            }

            if (!isEntered)
                return;
        }
    }

    private bool IsDue(ConcurrencyLease lease, long now, long? recovered) =>
        lease.EnteredAt is not { } entered || entered < recovered || now >= clock.After(entered, lease.Duration / RenewalsPerLease);

    private void Release(ConcurrencyLease lease)
    {
        _leases.TryRemove(lease.Holder, out _);
        foreach (var claim in lease.Claims)
            Uncount(claim);
        if (lease.AskedAt is not null)
            _ = FreeAsync(lease);
    }

    private async Task FreeAsync(ConcurrencyLease lease)
    {
        if (!await redis.ReleaseAsync(lease.Claims, lease.Holder))
            _owed.Enqueue(lease);
    }

    /// <summary>Frees what could not be freed when it was released, unless Redis has forgotten it by itself.</summary>
    private async Task PayAsync()
    {
        for (var left = _owed.Count; left > 0 && !redis.IsAway && _owed.TryDequeue(out var lease); left--)
        {
            if (clock.Now < clock.After(lease.AskedAt!.Value, lease.Claims.Max(claim => claim.Rule.Window)))
                await FreeAsync(lease);
        }
    }
}
