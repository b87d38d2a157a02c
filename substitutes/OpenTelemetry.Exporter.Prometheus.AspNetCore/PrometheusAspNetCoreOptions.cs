namespace OpenTelemetry.Exporter;

/// <summary>Options of the endpoint that Prometheus scrapes.</summary>
public class PrometheusAspNetCoreOptions
{
    internal const string DefaultScrapeEndpointPath = "/metrics";

    private int _scrapeResponseCacheDurationMilliseconds = 300;

    /// <summary>The path of the endpoint, <c>/metrics</c> by default.</summary>
    public string? ScrapeEndpointPath { get; set; } = DefaultScrapeEndpointPath;

    /// <summary>How long an answer serves further scrapes, in milliseconds; 300 by default, 0 for never.</summary>
    public int ScrapeResponseCacheDurationMilliseconds
    {
        get => _scrapeResponseCacheDurationMilliseconds;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _scrapeResponseCacheDurationMilliseconds = value;
        }
    }

    /// <summary>Whether counters keep their names instead of ending in <c>_total</c>. False by default.</summary>
    public bool DisableTotalNameSuffixForCounters { get; set; }
}
