using RankMyBrand.Foundation.RateLimiting.Leased;
using RankMyBrand.Foundation.RateLimiting.Local;
using RankMyBrand.Foundation.RateLimiting.Redis;
using RankMyBrand.Foundation.RateLimiting.Slots;

namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>The parts that decide limits.</summary>
internal sealed record RateLimitParts(
    RedisLimits Redis, LeasedLimits Leased, BlockedLimits Blocked, LocalLimits Local, HeldSlots Slots, LocalClock Clock);

/// <summary>
/// One check that may need Redis. First come the limits that this instance can decide, then all others in one script call; whatever
/// refuses, what was taken before goes back.
/// </summary>
internal sealed class RateLimitCheck(RateLimitParts parts, Claim[] claims)
{
    private readonly RateLimitStatus[] _statuses = new RateLimitStatus[claims.Length];
    private readonly Way[] _ways = new Way[claims.Length];
    private readonly long[] _segments = new long[claims.Length];
    private readonly long _deadline = parts.Clock.After(parts.Clock.Now, parts.Redis.Timeout);
    private bool _hasWaited;
    private string _holder = "";

    private enum Way
    {
        /// <summary>Not decided yet.</summary>
        Ask,
        Leased,
        Redis,
        Local,
    }

    public DecidedBy DecidedBy { get; private set; } = DecidedBy.Instance;

    /// <exception cref="OperationCanceledException">The caller has cancelled; what was taken locally has gone back.</exception>
    public async ValueTask<RateLimitResult> RunAsync(CancellationToken cancellationToken)
    {
        RateLimitOutcome outcome;
        try
        {
            outcome = await DecideAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Undo();
            throw;
        }

        if (outcome == RateLimitOutcome.Allowed)
            return Result(outcome, Hold());
        Undo();
        return Result(outcome, null);
    }

    private async ValueTask<RateLimitOutcome> DecideAsync(CancellationToken cancellationToken)
    {
        if (IsKnownToRefuse() || !await TakeLeasedAsync(cancellationToken) || !await TakeFromRedisAsync(cancellationToken))
            return RateLimitOutcome.Refused;
        return TakeLocally();
    }

    /// <summary>Looks at what is known of limits that have not been asked: at all of them, for the longest wait is what counts.</summary>
    private bool IsKnownToRefuse()
    {
        var now = parts.Clock.Now;
        var isRefused = false;
        for (var i = 0; i < claims.Length; i++)
        {
            if (_statuses[i].Rule is null)
                isRefused |= IsKnownToRefuse(claims[i], now, out _statuses[i]);
        }

        return isRefused;
    }

    private bool IsKnownToRefuse(in Claim claim, long now, out RateLimitStatus status)
    {
        var rule = claim.Rule;
        if (claim.Cost > rule.Capacity)
        {
            status = new(rule, refused: true, rule.Capacity, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            return true;
        }

        if (!rule.IsLeased || parts.Leased.Peek(claim, now, asTold: false, out var found) != LeasedAnswer.Refused)
            return parts.Blocked.IsBlocked(claim, now, out status);
        status = found.Status;
        return true;
    }

    private async ValueTask<bool> TakeLeasedAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < claims.Length; i++)
        {
            if (!claims[i].Rule.IsLeased)
                continue;
            var taking = parts.Leased.TakeAsync(claims[i], _deadline, cancellationToken);
            _hasWaited |= !taking.IsCompleted;
            var (answer, found) = await taking;
            (_statuses[i], _segments[i]) = (found.Status, found.Segment);
            if (answer == LeasedAnswer.Taken)
            {
                _ways[i] = Way.Leased;
            }
            else if (answer == LeasedAnswer.Refused)
            {
                IsKnownToRefuse();
                return false;
            }
        }

        return true;
    }

    private async ValueTask<bool> TakeFromRedisAsync(CancellationToken cancellationToken)
    {
        var asked = Where(Way.Ask);
        if (asked.Length == 0)
            return true;
        var takes = new Take[asked.Length];
        for (var at = 0; at < takes.Length; at++)
        {
            var claim = claims[asked[at]];
            takes[at] = Take.Exactly(claim);
            if (IsConcurrency(claim) && _holder.Length == 0)
                _holder = parts.Slots.NewHolder();
        }

        var sent = parts.Clock.Now;
        var patience = _hasWaited ? parts.Clock.Until(_deadline, sent) : parts.Redis.Timeout;
        if (await parts.Redis.TakeAsync(takes, _holder, patience, cancellationToken) is not { } grants)
        {
            DecidedBy = DecidedBy.Fallback;
            // What Redis may still do for the old one is undone; what is decided here must not be undone with it.
            if (_holder.Length > 0)
                _holder = parts.Slots.NewHolder();
            return true;
        }

        DecidedBy = DecidedBy.Redis;
        var isAllowed = !Array.Exists(grants, static grant => grant.IsRefused);
        for (var at = 0; at < asked.Length; at++)
        {
            var i = asked[at];
            _statuses[i] = grants[at].Status(claims[i].Rule);
            if (grants[at].IsRefused)
                parts.Blocked.Add(claims[i], grants[at], sent);
            if (!isAllowed)
                continue;
            _ways[i] = Way.Redis;
            parts.Blocked.Remove(claims[i], sent);
            if (IsConcurrency(claims[i]))
                parts.Slots.Count(claims[i]);
        }

        return isAllowed;
    }

    /// <summary>Decides what nobody has decided, because Redis is away.</summary>
    private RateLimitOutcome TakeLocally()
    {
        var now = parts.Clock.Now;
        var outcome = RateLimitOutcome.Allowed;
        foreach (var i in Where(Way.Ask))
        {
            var rule = claims[i].Rule;
            if (!rule.FailsOpen)
            {
                _statuses[i] = new(rule, refused: true, 0, TimeSpan.Zero, TimeSpan.FromSeconds(1));
                return RateLimitOutcome.Unavailable;
            }

            var isTaken = IsConcurrency(claims[i])
                ? parts.Slots.TryCount(claims[i], out _statuses[i])
                : parts.Local.TryTake(claims[i], now, out _statuses[i]);
            if (isTaken)
                _ways[i] = Way.Local;
            else
                outcome = RateLimitOutcome.Refused;
        }

        return outcome;
    }

    private ConcurrencyLease? Hold() =>
        _holder.Length == 0
            ? null
            : parts.Slots.Hold(_holder, Array.FindAll(claims, IsConcurrency), DecidedBy == DecidedBy.Redis ? parts.Clock.Now : null);

    private void Undo()
    {
        for (var i = 0; i < claims.Length; i++)
        {
            if (_ways[i] == Way.Leased)
                parts.Leased.PutBack(claims[i], _segments[i]);
            else if (_ways[i] == Way.Local && IsConcurrency(claims[i]))
                parts.Slots.Uncount(claims[i]);
            else if (_ways[i] == Way.Local)
                parts.Local.PutBack(claims[i]);
        }
    }

    private static bool IsConcurrency(Claim claim) => claim.Rule.Algorithm == RateLimitAlgorithm.Concurrency;

    private RateLimitResult Result(RateLimitOutcome outcome, ConcurrencyLease? lease)
    {
        if (_statuses.Length == 1)
            return new RateLimitResult(outcome, _statuses[0], lease);
        // A refusal ends the check early; limits that were not looked at by then are left out.
        var seen = Array.FindAll(_statuses, static status => status.Rule is not null);
        return seen.Length == 1 ? new RateLimitResult(outcome, seen[0], lease) : new RateLimitResult(outcome, seen, lease);
    }

    private int[] Where(Way way)
    {
        var found = new int[_ways.AsSpan().Count(way)];
        for (int i = 0, at = 0; at < found.Length; i++)
        {
            if (_ways[i] == way)
                found[at++] = i;
        }

        return found;
    }
}
