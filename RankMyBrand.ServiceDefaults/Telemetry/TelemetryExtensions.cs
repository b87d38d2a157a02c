using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using RankMyBrand.ServiceDefaults.Configuration;

namespace RankMyBrand.ServiceDefaults.Telemetry;

/// <summary>Traces, metrics and logs through OpenTelemetry.</summary>
internal static class TelemetryExtensions
{
    private const string SamplerKey = "OTEL_TRACES_SAMPLER";
    private const string OwnSources = "RankMyBrand.*";

    // Under every other source of configuration. The framework's lines per request cost more than most requests do, and so do the scopes
    // that it opens for them; a collector that hangs must not hold up the end of the process.
    private static readonly Dictionary<string, string?> s_defaults = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
        ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "None",
        ["Logging:LogLevel:System.Net.Http.HttpClient"] = "Warning",
        ["OTEL_EXPORTER_OTLP_TIMEOUT"] = $"{LastExport.PatienceMilliseconds}",
    };

    // Each counts several times a request and would say nothing that the durations and the counts of requests do not.
    private static readonly string[] s_unmeasured =
    [
        "http.client.active_requests", "http.client.open_connections", "http.client.connection.duration",
        "http.client.request.time_in_queue", "aspnetcore.routing.match_attempts",
        "aspnetcore.memory_pool.pooled", "aspnetcore.memory_pool.allocated", "aspnetcore.memory_pool.evicted", "aspnetcore.memory_pool.rented",
    ];

    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        builder.Configuration.AddBelowOthers(s_defaults);
        // Records that are exported carry their trace anyway; as a scope it would be in each of them a second time.
        var isExporting = builder.Configuration.HasCollector();
        builder.Logging.Configure(logging =>
            logging.ActivityTrackingOptions = isExporting ? ActivityTrackingOptions.None : ActivityTrackingOptions.TraceId);
        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });

        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => Describe(resource, builder.Environment.ApplicationName))
            .WithMetrics(metrics => AddMetrics(metrics, builder.Services))
            .WithTracing(tracing => AddTracing(tracing, builder.Environment.ApplicationName));
        builder.Services.AddCheckedOptions<TelemetryOptions>(TelemetryOptions.Section);
        if (string.IsNullOrEmpty(builder.Configuration[SamplerKey]))
            builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.SetSampler(CreateSampler));

        if (!isExporting)
            return;
        builder.Configuration.CheckProtocols();
        telemetry.UseOtlpExporter();
        builder.Services.AddHostedService<LastExport>();
    }

    public static void MapMetrics(this IEndpointRouteBuilder endpoints)
    {
        // The exporter of an SDK that is off has nothing to answer with.
        if (!endpoints.ServiceProvider.GetRequiredService<IConfiguration>().IsTelemetryOff())
            endpoints.MapPrometheusScrapingEndpoint().AllowAnonymous().DisableHttpMetrics().DisableRateLimiting();
    }

    private static void AddMetrics(MeterProviderBuilder metrics, IServiceCollection services)
    {
        foreach (var instrument in s_unmeasured)
            metrics.AddView(instrument, MetricStreamConfiguration.Drop);
        metrics
            .AddAspNetCoreInstrumentation()
            .AddHttpClientInstrumentation()
            .AddRuntimeInstrumentation()
            .AddMeter("Npgsql", OwnSources)
            .AddInstrumentation(provider => ActivatorUtilities.CreateInstance<RedisMetrics>(provider, services))
            .AddPrometheusExporter();
    }

    private static void AddTracing(TracerProviderBuilder tracing, string applicationName) => tracing
        .AddAspNetCoreInstrumentation(options =>
        {
            options.RecordException = true;
            options.Filter = context => !IsProbe(context.Request.Path);
        })
        .AddHttpClientInstrumentation()
        .AddSource(applicationName, OwnSources, "Npgsql", "OpenTelemetry.Instrumentation.StackExchangeRedis");

    private static ParentBasedSampler CreateSampler(IServiceProvider services) => new(new TraceBudgetSampler(
        services.GetRequiredService<IOptions<TelemetryOptions>>().Value.TracesPerSecond,
        services.GetService<TimeProvider>() ?? TimeProvider.System));

    // Probes come every few seconds from everywhere and would bury the requests that matter.
    private static bool IsProbe(PathString path) =>
        path.StartsWithSegments("/health", StringComparison.Ordinal) || path.StartsWithSegments("/metrics", StringComparison.Ordinal);

    private static void Describe(ResourceBuilder resource, string applicationName) => resource
        .AddService(applicationName, serviceVersion: Assembly.GetEntryAssembly()?.GetName().Version?.ToString(3))
        // Last, so that what the environment says (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES) replaces what the program knows of itself.
        .AddEnvironmentVariableDetector();
}
