using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RankMyBrand.Registry.Dependencies;

/// <summary>The registry watches the servers that no other service watches yet, and tells of them at /health.</summary>
internal static class DependencyExtensions
{
    public static void AddDependencyChecks(this IHostApplicationBuilder builder)
    {
        builder.AddKeyedRedis("cache");
        builder.AddHttpDependency("chroma", "/api/v2/heartbeat");
        builder.AddHttpDependency("minio", "/minio/health/live");
    }

    /// <summary>The platform takes events without it, so its absence degrades and does not stop.</summary>
    private static void AddHttpDependency(this IHostApplicationBuilder builder, string name, string path)
    {
        var address = HttpDependencyCheck.AddressOf(builder.Configuration, name, path);
        // A check tells how its server is now; whoever asks does not wait for another attempt.
#pragma warning disable EXTEXP0001 // Experimental in name only.
        builder.Services.AddHttpClient(name).RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            name,
            services => new HttpDependencyCheck(services.GetRequiredService<IHttpClientFactory>(), name, address),
            HealthStatus.Degraded,
            tags: null));
    }
}
