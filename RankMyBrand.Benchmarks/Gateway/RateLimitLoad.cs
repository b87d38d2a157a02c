using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RankMyBrand.Foundation.RateLimiting;
using StackExchange.Redis;

namespace RankMyBrand.Benchmarks.Gateway;

/// <summary>What the benchmarks of the rate limits share: a limiter on a Redis, with limits that are never reached, and keys.</summary>
internal static class RateLimitLoad
{
    public const string Atomic = "atomic";
    public const string Leased = "leased";

    public static string[] Keys { get; } =
        [.. Enumerable.Range(0, 1000).Select(i => string.Create(CultureInfo.InvariantCulture, $"key:{i}"))];

    public static async Task<IHost> StartHostAsync(ConfigurationOptions redis, CancellationToken cancellationToken)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Configuration["ConnectionStrings:redis"] = redis.ToString();
        foreach (var mode in (string[])[Atomic, Leased])
        {
            builder.Configuration[$"RateLimits:Policies:{mode}:Mode"] = mode;
            builder.Configuration[$"RateLimits:Policies:{mode}:Permits"] = "1000000000";
            builder.Configuration[$"RateLimits:Policies:{mode}:PartitionBy:0"] = "Caller";
        }

        builder.AddRateLimiting();
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        return host;
    }

    public static RateLimiter Limiter(this IHost host) => host.Services.GetRequiredService<RateLimiter>();

    /// <summary>Checks once, and sees to it that the check was allowed and decided by Redis or its tokens.</summary>
    public static async ValueTask CheckAsync(RateLimiter limiter, string policy, string key, CancellationToken cancellationToken)
    {
        using var result = await limiter.CheckAsync(new RateLimitRequest(policy, key), cancellationToken);
        if (!result.IsAllowed)
            throw new InvalidOperationException($"The rate limit '{policy}' refused '{key}', which it should never do here.");
    }
}
