using RankMyBrand.Foundation.RateLimiting.Leased;

namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>
/// Checks requests against the limits that all instances share. A check never fails because of Redis: while that is away, each policy
/// says whether the instances limit by themselves or refuse.
/// </summary>
public sealed class RateLimiter
{
    private const int MaxLimits = 16;

    private readonly RateLimitParts _parts;
    private readonly RateLimitPlanHolder _plans;
    private readonly RateLimitTelemetry _telemetry;

    internal RateLimiter(RateLimitParts parts, RateLimitPlanHolder plans, RateLimitTelemetry telemetry) =>
        (_parts, _plans, _telemetry) = (parts, plans, telemetry);

    /// <summary>Whether there is a policy of this name. A configuration that changes just now is in force when this answers.</summary>
    public bool HasPolicy(string policy)
    {
        _plans.Refresh();
        return _plans.Current.Contains(policy);
    }

    /// <summary>
    /// Says which policies are in use from now on. One that a new configuration lacks stays in force as it was until it is not in use any
    /// more, so that it does not matter whether limits or those who use them read a changed configuration first. For a minute after that
    /// it is still there for the requests that were under way, though <see cref="HasPolicy"/> denies it.
    /// </summary>
    /// <returns>Those of them that are in force but not configured any more.</returns>
    public IReadOnlyCollection<string> KeepInUse(IReadOnlyCollection<string> policies) => _plans.KeepInUse(policies);

    /// <summary>The key of a caller under a policy: the parts that the policy counts by.</summary>
    /// <exception cref="ArgumentException">There is no such policy.</exception>
    public string KeyFor(string policy, in RateLimitCaller caller) => _plans.Current.KeyFor(policy, caller);

    /// <summary>Checks one limit.</summary>
    /// <inheritdoc cref="CheckAsync(ReadOnlySpan{RateLimitRequest}, CancellationToken)"/>
    public ValueTask<RateLimitResult> CheckAsync(RateLimitRequest request, CancellationToken cancellationToken = default) =>
        CheckAsync(new ReadOnlySpan<RateLimitRequest>(in request), cancellationToken);

    /// <summary>Checks several limits as one: either every one of them is charged, or none.</summary>
    /// <returns>The answer; dispose it when the request has ended.</returns>
    /// <exception cref="ArgumentException">
    /// There is no request or more than 16, no such policy, a negative cost, or the same limit twice.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller has cancelled.</exception>
    public ValueTask<RateLimitResult> CheckAsync(ReadOnlySpan<RateLimitRequest> requests, CancellationToken cancellationToken = default)
    {
        var started = _parts.Clock.Now;
        var plan = _plans.Current;
        Check(requests);
        var isDecided = requests.Length == 1
            ? TryDecide(plan.Resolve(requests[0]), started, out var result)
            : TryDecide(plan, requests, started, out result);
        if (isDecided)
        {
            _telemetry.Decided(result, DecidedBy.Instance, Elapsed(started));
            return ValueTask.FromResult(result);
        }

        var claims = new Claim[requests.Length];
        for (var i = 0; i < claims.Length; i++)
            claims[i] = plan.Resolve(requests[i]);
        return RunAsync(claims, started, cancellationToken);
    }

    /// <summary>
    /// Whether this instance knows that a limit is used up: it does until the wait is over that a refusal has told, unless it remembers
    /// more keys than it has room for. Charges nothing, and asks nobody. An instance learns it from its own checks that were refused; of a
    /// concurrency limit it never knows.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such policy.</exception>
    public bool IsUsedUp(string policy, string key, out RateLimitResult refusal)
    {
        var now = _parts.Clock.Now;
        var claim = _plans.Current.Resolve(new RateLimitRequest(policy, key));
        if (!IsUsedUp(claim, now, out var status))
        {
            refusal = default;
            return false;
        }

        refusal = new RateLimitResult(RateLimitOutcome.Refused, status);
        _telemetry.Decided(refusal, DecidedBy.Instance, Elapsed(now));
        return true;
    }

    private bool IsUsedUp(in Claim claim, long now, out RateLimitStatus status)
    {
        if (claim.Rule.IsLeased)
        {
            var answer = _parts.Leased.Peek(claim, now, asTold: true, out var found);
            status = found.Status;
            if (answer != LeasedAnswer.Empty)
                return answer == LeasedAnswer.Refused;
        }

        if (_parts.Blocked.IsUsedUp(claim, now, out status))
            return true;
        if (!_parts.Redis.IsAway || !claim.Rule.FailsOpen || claim.Rule.Algorithm == RateLimitAlgorithm.Concurrency)
            return false;
        if (!_parts.Local.TryTake(claim, now, out status))
            return true;
        _parts.Local.PutBack(claim);
        return false;
    }

    private static void Check(ReadOnlySpan<RateLimitRequest> requests)
    {
        if (requests.Length is 0 or > MaxLimits)
            throw new ArgumentException($"A check names {requests.Length} rate limits; it must name from 1 to {MaxLimits}.");
        for (var i = 1; i < requests.Length; i++)
        {
            foreach (var other in requests[..i])
            {
                if (other.Policy == requests[i].Policy && other.Key == requests[i].Key)
                    throw new ArgumentException($"A check names the rate limit '{other.Policy}' twice for the same key; add the costs.");
            }
        }
    }

    /// <summary>Decides one leased limit without asking Redis. Allocates nothing.</summary>
    private bool TryDecide(in Claim claim, long now, out RateLimitResult result)
    {
        result = default;
        if (!claim.Rule.IsLeased || claim.Cost > claim.Rule.Capacity)
            return false;
        var answer = _parts.Leased.TryTake(claim, now, out var found);
        if (answer != LeasedAnswer.Empty)
            result = new RateLimitResult(OutcomeOf(answer), found.Status);
        return answer != LeasedAnswer.Empty;
    }

    /// <summary>Decides several leased limits without asking Redis. Allocates what the result keeps.</summary>
    private bool TryDecide(RateLimitPlan plan, ReadOnlySpan<RateLimitRequest> requests, long now, out RateLimitResult result)
    {
        result = default;
        foreach (ref readonly var request in requests)
        {
            var claim = plan.Resolve(request);
            if (!claim.Rule.IsLeased || claim.Cost > claim.Rule.Capacity)
                return false;
        }

        var statuses = new RateLimitStatus[requests.Length];
        Span<long> segments = stackalloc long[requests.Length];
        for (var i = 0; i < statuses.Length; i++)
        {
            var answer = _parts.Leased.TryTake(plan.Resolve(requests[i]), now, out var found);
            (statuses[i], segments[i]) = (found.Status, found.Segment);
            if (answer == LeasedAnswer.Taken)
                continue;
            for (var taken = 0; taken < i; taken++)
                _parts.Leased.PutBack(plan.Resolve(requests[taken]), segments[taken]);
            return IsKnownToRefuse(plan, requests, statuses, i, now, out result);
        }

        result = new RateLimitResult(RateLimitOutcome.Allowed, statuses);
        return true;
    }

    /// <summary>Looks at all limits that were not taken: the longest wait is the one to tell.</summary>
    private bool IsKnownToRefuse(
        RateLimitPlan plan, ReadOnlySpan<RateLimitRequest> requests, RateLimitStatus[] statuses, int taken, long now,
        out RateLimitResult result)
    {
        var count = taken;
        foreach (ref readonly var request in requests[taken..])
        {
            if (_parts.Leased.Peek(plan.Resolve(request), now, asTold: false, out var found) == LeasedAnswer.Refused)
                statuses[count++] = found.Status;
        }

        result = count > taken ? new RateLimitResult(RateLimitOutcome.Refused, statuses[..count]) : default;
        return count > taken;
    }

    private static RateLimitOutcome OutcomeOf(LeasedAnswer answer) =>
        answer == LeasedAnswer.Taken ? RateLimitOutcome.Allowed : RateLimitOutcome.Refused;

    private async ValueTask<RateLimitResult> RunAsync(Claim[] claims, long started, CancellationToken cancellationToken)
    {
        var check = new RateLimitCheck(_parts, claims);
        var result = await check.RunAsync(cancellationToken);
        _telemetry.Decided(result, check.DecidedBy, Elapsed(started));
        return result;
    }

    private TimeSpan Elapsed(long started) => _parts.Clock.Provider.GetElapsedTime(started);
}
