namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>What one limit is asked for.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="Key">Whose limit it is; see <see cref="RateLimiter.KeyFor"/>.</param>
/// <param name="Cost">What the request costs; 0 for the policy's cost.</param>
public readonly record struct RateLimitRequest(string Policy, string Key, long Cost = 0);
