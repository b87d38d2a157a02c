using Microsoft.Extensions.Diagnostics.HealthChecks;
using RankMyBrand.Foundation.RateLimiting.Redis;

namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>
/// Degraded while the instances limit by themselves. Never unhealthy: limits go on without Redis, and so does the service.
/// </summary>
internal sealed class RateLimitsHealthCheck(RedisAvailability availability) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(availability.IsAway
            ? HealthCheckResult.Degraded("Redis does not serve the limits; each instance limits by itself.")
            : HealthCheckResult.Healthy());
}
