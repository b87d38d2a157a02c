using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Configuration;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Foundation.RateLimiting.Leased;
using RankMyBrand.Foundation.RateLimiting.Local;
using RankMyBrand.Foundation.RateLimiting.Redis;
using RankMyBrand.Foundation.RateLimiting.Slots;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds rate limits to a service.</summary>
public static class RateLimitingExtensions
{
    /// <summary>
    /// Adds <see cref="RateLimiter"/> with the policies of the section <c>RateLimits</c>, on the Redis of the connection string
    /// <paramref name="connectionName"/>.
    /// </summary>
    public static void AddRateLimiting(this IHostApplicationBuilder builder, string connectionName = "redis")
    {
        var services = builder.Services;
        if (services.Any(service => service.ServiceType == typeof(RateLimiter)))
            return;
        builder.AddRedis(connectionName);
        services.AddStrictOptions<RateLimitsOptions>(RateLimitsOptions.Section);
        services.AddSingleton<IValidateOptions<RateLimitsOptions>, RateLimitsOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<LocalClock>();
        services.AddSingleton<RateLimitTelemetry>();
        services.AddSingleton<RateLimitPlanHolder>();
        services.AddSingleton<RedisAvailability>();
        services.AddSingleton<RedisLimits>();
        services.AddSingleton<LeasedLimits>();
        services.AddSingleton<BlockedLimits>();
        services.AddSingleton<LocalLimits>();
        services.AddSingleton<HeldSlots>();
        services.AddSingleton<RateLimitParts>();
        services.AddSingleton(provider => new RateLimiter(
            provider.GetRequiredService<RateLimitParts>(),
            provider.GetRequiredService<RateLimitPlanHolder>(),
            provider.GetRequiredService<RateLimitTelemetry>()));
        services.AddHostedService<RateLimitUpkeep>();
        services.AddHealthChecks().AddCheck<RateLimitsHealthCheck>("rate-limits");
    }
}
