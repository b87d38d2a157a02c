using Microsoft.AspNetCore.Builder;
using RankMyBrand.ServiceDefaults.Configuration;
using RankMyBrand.ServiceDefaults.Correlation;
using RankMyBrand.ServiceDefaults.Health;
using RankMyBrand.ServiceDefaults.Http;
using RankMyBrand.ServiceDefaults.Problems;
using RankMyBrand.ServiceDefaults.Requests;
using RankMyBrand.ServiceDefaults.Shutdown;
using RankMyBrand.ServiceDefaults.Startup;
using RankMyBrand.ServiceDefaults.Telemetry;

namespace Microsoft.Extensions.Hosting;

/// <summary>What every service of the platform has in common.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>
    /// Adds telemetry, health checks, resilient and discovering HTTP clients, correlation, problem details and graceful shutdown, and ends
    /// the service with a sentence instead of a stack trace when it cannot start with its settings.
    /// Pair it with <see cref="MapDefaultEndpoints"/>.
    /// </summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddStartupFaults();
        builder.Configuration.CheckPorts();
        builder.Services.AddCheckedSections("ServiceDefaults", TelemetryOptions.Section, HealthOptions.Section, ShutdownOptions.Section);
        builder.AddTelemetry();
        builder.Services.AddHealth();
        builder.Services.AddHttpClientDefaults();
        builder.Services.AddRequestBoundaries();
        builder.Services.AddCorrelation();
        builder.Services.AddProblems();
        builder.AddGracefulShutdown();
        return builder;
    }

    /// <summary>Maps <c>/health</c>, <c>/health/live</c>, <c>/health/ready</c> and <c>/metrics</c>.</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealth();
        app.MapMetrics();
        return app;
    }
}
