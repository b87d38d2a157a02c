using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OpenTelemetry.Exporter;

namespace OpenTelemetry.Metrics;

/// <summary>Adds the exporter that Prometheus scrapes.</summary>
public static class PrometheusExporterMeterProviderBuilderExtensions
{
    /// <summary>Adds the exporter. Map its endpoint with <c>MapPrometheusScrapingEndpoint</c>.</summary>
    public static MeterProviderBuilder AddPrometheusExporter(this MeterProviderBuilder builder) =>
        builder.AddPrometheusExporter(name: null, configure: null);

    /// <summary>Adds the exporter. Map its endpoint with <c>MapPrometheusScrapingEndpoint</c>.</summary>
    public static MeterProviderBuilder AddPrometheusExporter(
        this MeterProviderBuilder builder, Action<PrometheusAspNetCoreOptions>? configure) =>
        builder.AddPrometheusExporter(name: null, configure);

    /// <summary>Adds the exporter. Map its endpoint with <c>MapPrometheusScrapingEndpoint</c>.</summary>
    public static MeterProviderBuilder AddPrometheusExporter(
        this MeterProviderBuilder builder, string? name, Action<PrometheusAspNetCoreOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        name ??= Options.DefaultName;
        builder.ConfigureServices(services =>
        {
            if (configure is not null)
            {
                services.Configure(name, configure);
            }

            services.TryAddSingleton(TimeProvider.System);
            services.TryAddKeyedSingleton(name, (provider, _) => new PrometheusExporter(
                provider.GetRequiredService<IOptionsMonitor<PrometheusAspNetCoreOptions>>().Get(name)));
            services.TryAddKeyedSingleton(name, (provider, _) => new PrometheusScraper(
                provider.GetRequiredKeyedService<PrometheusExporter>(name),
                provider.GetRequiredService<IOptionsMonitor<PrometheusAspNetCoreOptions>>().Get(name),
                provider.GetRequiredService<TimeProvider>()));
        });
        return builder.AddReader(provider => new BaseExportingMetricReader(provider.GetRequiredKeyedService<PrometheusExporter>(name))
        {
            TemporalityPreference = MetricReaderTemporalityPreference.Cumulative,
        });
    }
}
