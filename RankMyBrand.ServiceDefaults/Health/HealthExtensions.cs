using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using RankMyBrand.ServiceDefaults.Configuration;
using RankMyBrand.ServiceDefaults.Shutdown;

namespace RankMyBrand.ServiceDefaults.Health;

/// <summary>The health endpoints and what stands behind them.</summary>
internal static class HealthExtensions
{
    private const string Self = "self";
    private const string Draining = "shutdown";

    public static void AddHealth(this IServiceCollection services)
    {
        services.AddCheckedOptions<HealthOptions>(HealthOptions.Section);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<HealthReporter>();
        services.AddHealthChecks().AddCheck(Self, () => HealthCheckResult.Healthy());
        services.AddOptions<HealthCheckServiceOptions>().PostConfigure<IOptions<HealthOptions>>(BoundChecks);
    }

    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        Map(endpoints, "/health", static (context, reporter) => WriteAsync(context, reporter.ReportAsync(context.RequestAborted)));
        Map(endpoints, "/health/ready", ReadyAsync);
        Map(endpoints, "/health/live", static (context, _) => WriteAsync(context, Task.FromResult(One(Self, HealthStatus.Healthy, null))));
    }

    private static void BoundChecks(HealthCheckServiceOptions options, IOptions<HealthOptions> health)
    {
        foreach (var registration in options.Registrations)
        {
            var (create, timeout) = (registration.Factory, registration.Timeout);
            var bound = timeout > TimeSpan.Zero && timeout < health.Value.Timeout ? timeout : health.Value.Timeout;
            registration.Factory = provider => new BoundedHealthCheck(() => create(provider), bound);
        }
    }

    private static void Map(IEndpointRouteBuilder endpoints, string path, Func<HttpContext, HealthReporter, Task> answer)
    {
        var reporter = endpoints.ServiceProvider.GetRequiredService<HealthReporter>();
        endpoints.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], context => answer(context, reporter))
            .AllowAnonymous()
            .DisableHttpMetrics()
            .DisableRateLimiting()
            .WithDisplayName(path);
    }

    private static Task ReadyAsync(HttpContext context, HealthReporter reporter) =>
        context.RequestServices.GetRequiredService<DrainState>().IsDraining
            ? WriteAsync(context, Task.FromResult(One(Draining, HealthStatus.Unhealthy, "The service is stopping.")))
            : WriteAsync(context, reporter.ReportAsync(context.RequestAborted));

    private static async Task WriteAsync(HttpContext context, Task<HealthReport> reporting)
    {
        var report = await reporting;
        context.Response.StatusCode = report.Status == HealthStatus.Unhealthy
            ? StatusCodes.Status503ServiceUnavailable
            : StatusCodes.Status200OK;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(
            HealthView.Of(report), HealthJson.Default.HealthView, cancellationToken: context.RequestAborted);
    }

    private static HealthReport One(string name, HealthStatus status, string? description) => new(
        new Dictionary<string, HealthReportEntry>(StringComparer.Ordinal)
        {
            [name] = new(status, description, TimeSpan.Zero, exception: null, data: null),
        },
        TimeSpan.Zero);
}
