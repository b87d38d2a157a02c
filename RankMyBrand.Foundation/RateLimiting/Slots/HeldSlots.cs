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
    private readonly Dictionary<LimitKey, long> _held = [];
    private readonly Lock _gate = new();
    private long _last;

    /// <summary>A name for the holder of the slots of one check.</summary>
    public string NewHolder() => $"{_instance}.{Interlocked.Increment(ref _last)}";

    /// <summary>Counts slots that Redis has given.</summary>
    public void Count(in Claim claim)
    {
        lock (_gate)
            _held[claim.LimitKey] = _held.GetValueOrDefault(claim.LimitKey) + claim.Cost;
    }

    /// <summary>Counts slots if this instance's share has room for them: the rule while Redis is away.</summary>
    public bool TryCount(in Claim claim, out RateLimitStatus status)
    {
        lock (_gate)
        {
            var held = _held.GetValueOrDefault(claim.LimitKey);
            var hasRoom = held + claim.Cost <= claim.Rule.Share;
            if (hasRoom)
                _held[claim.LimitKey] = held += claim.Cost;
            status = new RateLimitStatus(
                claim.Rule, !hasRoom, claim.Rule.Share - held, TimeSpan.Zero, hasRoom ? TimeSpan.Zero : s_retryAfter);
            return hasRoom;
        }
    }

    /// <summary>Ends the counting of slots.</summary>
    public void Uncount(in Claim claim)
    {
        lock (_gate)
        {
            var held = _held.GetValueOrDefault(claim.LimitKey) - claim.Cost;
            if (held > 0)
                _held[claim.LimitKey] = held;
            else
                _held.Remove(claim.LimitKey);
        }
    }

    /// <summary>Holds slots that were counted, until they are released.</summary>
    public ConcurrencyLease Hold(string holder, Claim[] claims, long now) =>
        _leases[holder] = new ConcurrencyLease(holder, claims, now, Release);

    /// <summary>Renews what is due. Slots that were taken while Redis was away are entered so, too.</summary>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        var now = clock.Now;
        var due = _leases.Values.Where(lease => IsDue(lease, now)).ToArray();
        foreach (var leases in due.Chunk(LeasesPerCall))
        {
            var slots = leases.SelectMany(lease => lease.Claims.Select(claim => (claim, lease.Holder))).ToArray();
            if (!await redis.RenewAsync(slots, cancellationToken))
                return;
            foreach (var lease in leases)
            {
                lease.RenewedAt = now;
                // The renewal may have overtaken the release.
                if (lease.IsReleased)
                    redis.Release(lease.Claims, lease.Holder);
            }
        }
    }

    private bool IsDue(ConcurrencyLease lease, long now) =>
        now >= clock.After(lease.RenewedAt, lease.Claims.Min(claim => claim.Rule.Window) / RenewalsPerLease);

    private void Release(ConcurrencyLease lease)
    {
        _leases.TryRemove(lease.Holder, out _);
        foreach (var claim in lease.Claims)
            Uncount(claim);
        redis.Release(lease.Claims, lease.Holder);
    }
}
