namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>What a check has found about one limit.</summary>
public readonly record struct RateLimitStatus
{
    internal RateLimitStatus(RateLimitRule rule, bool refused, long remaining, TimeSpan resetAfter, TimeSpan retryAfter)
    {
        Rule = rule;
        IsRefused = refused;
        Remaining = Math.Max(0, remaining);
        ResetAfter = resetAfter;
        RetryAfter = retryAfter;
    }

    /// <summary>The policy's name.</summary>
    public string Policy => Rule.Policy;

    /// <summary>What can be had at once: the burst of a token bucket, the permits of a window, the slots.</summary>
    public long Limit => Rule.Capacity;

    /// <summary>What is left. An estimate in leased mode and while Redis is away.</summary>
    public long Remaining { get; }

    /// <summary>How long until all of it is there again, if nobody takes anything. Zero for concurrency limits.</summary>
    public TimeSpan ResetAfter { get; }

    /// <summary>
    /// How long a refused request should wait; <see cref="Timeout.InfiniteTimeSpan"/> when it costs more than the limit ever holds.
    /// </summary>
    public TimeSpan RetryAfter { get; }

    /// <summary>True when it was this limit that refused.</summary>
    public bool IsRefused { get; }

    internal RateLimitRule Rule { get; }
}
