using System.Threading.RateLimiting;

namespace Polly.RateLimiting;

/// <summary>What a rate limiter is told about an execution.</summary>
public readonly struct RateLimiterArguments(ResilienceContext context)
{
    /// <summary>The execution.</summary>
    public ResilienceContext Context { get; } = context;
}

/// <summary>What is told about a rejected execution.</summary>
public readonly struct OnRateLimiterRejectedArguments(ResilienceContext context, RateLimitLease lease)
{
    /// <summary>The execution.</summary>
    public ResilienceContext Context { get; } = context;

    /// <summary>The lease that was not granted.</summary>
    public RateLimitLease Lease { get; } = lease;
}
