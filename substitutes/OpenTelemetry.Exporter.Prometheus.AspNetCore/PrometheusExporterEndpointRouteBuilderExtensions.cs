using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the endpoint that Prometheus scrapes.</summary>
public static class PrometheusExporterEndpointRouteBuilderExtensions
{
    private const int ScrapeTimeoutMilliseconds = 10_000;

    /// <summary>Maps the endpoint at the path of the options.</summary>
    public static IEndpointConventionBuilder MapPrometheusScrapingEndpoint(this IEndpointRouteBuilder endpoints) =>
        endpoints.Map(path: null);

    /// <summary>Maps the endpoint at a path.</summary>
    public static IEndpointConventionBuilder MapPrometheusScrapingEndpoint(this IEndpointRouteBuilder endpoints, string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return endpoints.Map(path);
    }

    private static IEndpointConventionBuilder Map(this IEndpointRouteBuilder endpoints, string? path)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var services = endpoints.ServiceProvider;
        // Creates the provider, which hands the exporter its Collect function.
        services.GetRequiredService<MeterProvider>();
        var scraper = services.GetKeyedService<PrometheusScraper>(Options.DefaultName)
            ?? throw new ArgumentException("A PrometheusExporter could not be found configured on the provided MeterProvider.");
        var options = services.GetRequiredService<IOptionsMonitor<PrometheusAspNetCoreOptions>>().Get(Options.DefaultName);
        path ??= options.ScrapeEndpointPath ?? PrometheusAspNetCoreOptions.DefaultScrapeEndpointPath;
        return endpoints
            .Map(path.StartsWith('/') ? path : $"/{path}", context => AnswerAsync(context, scraper))
            .WithDisplayName("OpenTelemetry metrics for Prometheus");
    }

    private static async Task AnswerAsync(HttpContext context, PrometheusScraper scraper)
    {
        var (found, text, at) = await scraper.ScrapeAsync(ScrapeTimeoutMilliseconds, context.RequestAborted);
        var response = context.Response;
        if (!found)
        {
            response.StatusCode = StatusCodes.Status500InternalServerError;
            return;
        }

        if (text.IsEmpty)
        {
            return;
        }

        response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        response.Headers.LastModified = at.ToString("R");
        response.ContentLength = text.Length;
        await response.Body.WriteAsync(text, context.RequestAborted);
    }
}
