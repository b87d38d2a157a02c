using RankMyBrand.Foundation.RateLimiting.Slots;

namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>What became of a check.</summary>
public enum RateLimitOutcome
{
    /// <summary>Every limit lets the request pass.</summary>
    Allowed,

    /// <summary>A limit is used up.</summary>
    Refused,

    /// <summary>Redis is away, and a limit is to refuse then.</summary>
    Unavailable,
}

/// <summary>The answer to a check. Dispose it when the request has ended: that frees the slots of concurrency limits.</summary>
public readonly struct RateLimitResult : IDisposable
{
    private readonly RateLimitStatus _first;
    private readonly RateLimitStatus[]? _all;
    private readonly ConcurrencyLease? _lease;
    private readonly int _tightest;

    internal RateLimitResult(RateLimitOutcome outcome, in RateLimitStatus only, ConcurrencyLease? lease = null)
    {
        Outcome = outcome;
        _first = only;
        _lease = lease;
    }

    internal RateLimitResult(RateLimitOutcome outcome, RateLimitStatus[] all, ConcurrencyLease? lease = null)
    {
        Outcome = outcome;
        _all = all;
        _lease = lease;
        for (var i = 1; i < all.Length; i++)
        {
            if (IsTighter(all[i], all[_tightest]))
                _tightest = i;
        }
    }

    /// <summary>What became of the check.</summary>
    public RateLimitOutcome Outcome { get; }

    /// <summary>True when the request may pass.</summary>
    public bool IsAllowed => Outcome == RateLimitOutcome.Allowed;

    /// <summary>The limit that counts most: the one that refused (the longest wait, if several), else the one nearest to its end.</summary>
    public RateLimitStatus Tightest => _all is null ? _first : _all[_tightest];

    /// <summary>The policy that refused; null when the request may pass.</summary>
    public string? RefusedBy => IsAllowed ? null : Tightest.Policy;

    /// <inheritdoc cref="RateLimitStatus.Limit"/>
    public long Limit => Tightest.Limit;

    /// <inheritdoc cref="RateLimitStatus.Remaining"/>
    public long Remaining => Tightest.Remaining;

    /// <inheritdoc cref="RateLimitStatus.ResetAfter"/>
    public TimeSpan ResetAfter => Tightest.ResetAfter;

    /// <inheritdoc cref="RateLimitStatus.RetryAfter"/>
    public TimeSpan RetryAfter => Tightest.RetryAfter;

    /// <summary>How many limits were checked.</summary>
    public int Count => _all?.Length ?? 1;

    /// <summary>The limits, in the order of the check.</summary>
    public RateLimitStatus this[int index] => _all is null && index == 0 ? _first : _all![index];

    /// <summary>Whether there are slots to free; without any, disposing does nothing.</summary>
    public bool HoldsSlots => _lease is not null;

    /// <summary>Frees the slots of concurrency limits. A second call does nothing.</summary>
    public void Dispose() => _lease?.Release();

    private static bool IsTighter(in RateLimitStatus one, in RateLimitStatus other)
    {
        if (one.IsRefused != other.IsRefused)
            return one.IsRefused;
        if (one.IsRefused)
            return one.RetryAfter < TimeSpan.Zero || (other.RetryAfter >= TimeSpan.Zero && one.RetryAfter > other.RetryAfter);
        return (double)one.Remaining / one.Limit < (double)other.Remaining / other.Limit;
    }
}
