using RankMyBrand.Foundation.RateLimiting.Local;
using RankMyBrand.Foundation.RateLimiting.Redis;

namespace RankMyBrand.Foundation.RateLimiting.Leased;

/// <summary>What a bucket says to a request.</summary>
internal enum LeasedAnswer
{
    /// <summary>The tokens are taken.</summary>
    Taken,

    /// <summary>The limit is used up, and known to be for a while.</summary>
    Refused,

    /// <summary>Redis has to be asked first.</summary>
    Empty,

    /// <summary>The bucket is not in use any more: another one has taken its place.</summary>
    Retired,
}

/// <summary>What a bucket asks Redis for.</summary>
/// <param name="Cost">What a request lacks, so what the limit must have; 0 for tokens in advance.</param>
/// <param name="Demand">What waiting requests need.</param>
/// <param name="Spare">What is wanted in advance.</param>
/// <param name="Sent">When it was asked.</param>
/// <param name="Unused">Tokens of an earlier block whose time is over; they go back first.</param>
internal readonly record struct Refill(long Cost, long Demand, long Spare, long Sent, Unused Unused);

/// <summary>Tokens that were taken and not used.</summary>
/// <param name="Amount">How many.</param>
/// <param name="Segment">Sliding window: the segment in which they were taken. They must not be used in another.</param>
internal readonly record struct Unused(long Amount, long Segment);

/// <summary>What a bucket has found.</summary>
/// <param name="Status">The limit's state.</param>
/// <param name="Segment">Sliding window: where the tokens come from.</param>
/// <param name="IsLow">True when it is time to take the next block.</param>
internal readonly record struct LeasedStatus(RateLimitStatus Status, long Segment, bool IsLow);

/// <summary>
/// The tokens of one limit that this instance has taken from Redis and not used. What is used was taken before, so all instances
/// together never admit more than Redis gave out.
/// </summary>
internal sealed class LeasedBucket(LimitKey limit, LocalClock clock)
{
    /// <summary>A block that lasts shorter than this is doubled, one that lasts ten times longer is halved.</summary>
    private const double BlockLastsMilliseconds = 50;

    /// <summary>A used-up limit is asked for again at most this often, unless it would be full by then.</summary>
    private const double PauseMilliseconds = 5;

    private readonly Lock _gate = new();
    private long _balance;
    private long _validUntil;
    private long _segment;
    private long _block = 1;
    private long _remote;
    private long _resetAt;
    private long _blockedUntil;
    private long _retryAt;
    private long _blockedCost = long.MaxValue;
    private long _pauseUntil;
    private long _refilledAt = clock.After(clock.Now, -2 * BlockLastsMilliseconds);
    private long _usedAt = clock.Now;
    private long _waiting;
    private long _hint;
    private bool _isRetired;
    private TaskCompletionSource<bool>? _refill;

    public LimitKey Limit => limit;

    /// <summary>Ends with the running refill, if there is one.</summary>
    public Task Refilling
    {
        get
        {
            lock (_gate)
                return _refill?.Task ?? Task.CompletedTask;
        }
    }

    /// <summary>Takes the cost from what is here.</summary>
    public LeasedAnswer TryTake(long cost, long now, out LeasedStatus found)
    {
        found = default;
        lock (_gate)
        {
            if (_isRetired)
                return LeasedAnswer.Retired;
            _usedAt = now;
            if (_balance >= cost && now < _validUntil)
            {
                _balance -= cost;
                var isLow = _refill is null && _balance < _block / 2 && now >= _pauseUntil;
                found = new LeasedStatus(Status(now, TimeSpan.Zero, refused: false), _segment, isLow);
                return LeasedAnswer.Taken;
            }

            return IsRefused(cost, now, _blockedUntil, out found) ? LeasedAnswer.Refused : LeasedAnswer.Empty;
        }
    }

    /// <summary>What <see cref="TryTake"/> would say; takes nothing.</summary>
    /// <param name="cost">The cost.</param>
    /// <param name="now">The time.</param>
    /// <param name="asTold">True to be refused as long as was told, though a check would ask Redis again by then.</param>
    /// <param name="found">The refusal.</param>
    public LeasedAnswer Peek(long cost, long now, bool asTold, out LeasedStatus found)
    {
        found = default;
        lock (_gate)
        {
            if (_balance >= cost && now < _validUntil)
                return LeasedAnswer.Taken;
            return IsRefused(cost, now, asTold ? _retryAt : _blockedUntil, out found) ? LeasedAnswer.Refused : LeasedAnswer.Empty;
        }
    }

    /// <summary>Joins the running refill, or begins one: then <paramref name="begun"/> is what the caller has to ask Redis for.</summary>
    /// <returns>
    /// Ends with false when Redis is away, or so slow that the time of the tokens was over when they came: then it is of no use to ask
    /// again.
    /// </returns>
    public Task<bool> JoinRefill(long cost, long now, out Refill? begun)
    {
        begun = null;
        lock (_gate)
        {
            if (_isRetired)
                return Task.FromResult(true);
            if (_refill is not null)
            {
                _waiting += cost;
                return _refill.Task;
            }

            _refill = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            AdaptBlock(now);
            var unused = now >= _validUntil ? RemoveAll() : default;
            var missing = Missing(cost, now);
            // Those that waited for the last refill in vain ask again in this moment; one round trip serves them all.
            var demand = clock.Milliseconds(_refilledAt, now) < BlockLastsMilliseconds ? Math.Max(missing, _hint) : missing;
            begun = new Refill(missing, demand, Math.Max(0, _block - _balance - demand), now, unused);
            _refilledAt = now;
            return _refill.Task;
        }
    }

    /// <summary>Takes back that a request waits for a refill that it had joined; nobody is to take tokens for it.</summary>
    public void Leave(Task<bool> refill, long cost)
    {
        lock (_gate)
        {
            if (_refill?.Task == refill)
                _waiting -= cost;
            else
                _hint = Math.Max(0, _hint - cost);
        }
    }

    /// <summary>Ends the running refill with what Redis has granted; null when Redis is away.</summary>
    /// <returns>Tokens to return: they were taken in a segment that is over.</returns>
    public Unused Complete(in Refill refill, Grant? answer, TimeSpan hold)
    {
        TaskCompletionSource<bool>? waiters;
        var unused = default(Unused);
        var isOfUse = false;
        lock (_gate)
        {
            if (answer is { } grant)
            {
                if (grant.Segment != _segment)
                    unused = RemoveAll();
                var now = clock.Now;
                Add(refill, grant, hold, now);
                isOfUse = grant.Taken <= 0 || now < _validUntil;
            }

            _hint = isOfUse ? Math.Max(0, _waiting - _balance) : 0;
            _waiting = 0;
            (waiters, _refill) = (_refill, null);
        }

        waiters?.SetResult(isOfUse);
        return unused;
    }

    /// <summary>Takes back tokens that a check took here and did not use. False when they belong to a segment that is over.</summary>
    public bool TryPutBack(in Unused unused)
    {
        lock (_gate)
        {
            if (_isRetired || unused.Segment != _segment)
                return false;
            _balance += unused.Amount;
            return true;
        }
    }

    /// <summary>The tokens whose time is over (or all of them), to be returned to Redis.</summary>
    public Unused TakeUnused(long now, bool all)
    {
        lock (_gate)
            return all || now >= _validUntil ? RemoveAll() : default;
    }

    /// <summary>Ends the use of a bucket that holds nothing and knows nothing. False while it does.</summary>
    /// <param name="now">The time.</param>
    /// <param name="idle">How long it must not have been used.</param>
    /// <param name="isFull">Whether there is no room for others: then it is not kept to tell a wait that a check would not go by.</param>
    public bool TryRetire(long now, TimeSpan idle, bool isFull)
    {
        lock (_gate)
        {
            if (_balance > 0 || _refill is not null || now < (isFull ? _blockedUntil : _retryAt) || now < clock.After(_usedAt, idle))
                return false;
            _isRetired = true;
            return true;
        }
    }

    private bool IsRefused(long cost, long now, long until, out LeasedStatus found)
    {
        found = default;
        if (now >= until)
            return false;
        var more = Missing(cost, now) - _blockedCost;
        // What costs more is refused, too, and has to wait longer: how much longer is known of a bucket only.
        if (more < 0 || (more > 0 && limit.Rule.Algorithm != RateLimitAlgorithm.TokenBucket))
            return false;
        var retryAt = clock.After(_retryAt, limit.Rule.MillisecondsFor(more));
        found = new LeasedStatus(Status(now, clock.Until(retryAt, now), refused: true), _segment, IsLow: false);
        return true;
    }

    private RateLimitStatus Status(long now, TimeSpan retryAfter, bool refused) =>
        new(limit.Rule, refused, _balance + _remote, clock.Until(_resetAt, now), retryAfter);

    private long Missing(long cost, long now) => now < _validUntil ? Math.Max(0, cost - _balance) : cost;

    private Unused RemoveAll()
    {
        var unused = new Unused(_balance, _segment);
        // What Redis refused was what the balance lacked; with the balance it has that much more.
        if (_balance > 0)
            (_blockedUntil, _retryAt) = (0, 0);
        _balance = 0;
        return unused;
    }

    private void Add(in Refill refill, in Grant grant, TimeSpan hold, long now)
    {
        if (grant.Taken > 0)
        {
            _balance += grant.Taken;
            // Counted from the sending, which is before the server's clock was read: never too long.
            var valid = limit.Rule.Algorithm == RateLimitAlgorithm.SlidingWindow
                ? Math.Min(grant.Valid, hold.TotalMilliseconds)
                : hold.TotalMilliseconds;
            _validUntil = clock.After(refill.Sent, valid);
        }

        _segment = grant.Segment;
        _remote = grant.Remaining;
        // What is told counts from now; counted from the sending it would be too short.
        _resetAt = clock.After(now, grant.Reset);
        var cost = Math.Max(1, refill.Cost);
        if (grant.Taken >= Math.Max(1, refill.Demand))
        {
            if (cost >= _blockedCost)
                (_blockedUntil, _retryAt) = (0, 0);
            return;
        }

        var pause = Math.Max(grant.Retry, Math.Min(PauseMilliseconds, grant.Reset / 4.0));
        _pauseUntil = clock.After(refill.Sent, Math.Min(pause, BlockedLimits.MaxMilliseconds));
        if (grant.Taken < refill.Demand)
            (_blockedUntil, _retryAt, _blockedCost) = (_pauseUntil, clock.After(now, pause), cost);
    }

    private void AdaptBlock(long now)
    {
        var lasted = clock.Milliseconds(_refilledAt, now);
        if (lasted < BlockLastsMilliseconds)
            _block = Math.Min(limit.Rule.MaxBlock, _block * 2);
        else if (lasted > BlockLastsMilliseconds * 10)
            _block = Math.Max(1, _block / 2);
    }
}
