using System.ComponentModel.DataAnnotations;

namespace RankMyBrand.ServiceDefaults.Telemetry;

/// <summary>What telemetry may cost; section <c>ServiceDefaults:Telemetry</c>.</summary>
internal sealed class TelemetryOptions
{
    public const string Section = "ServiceDefaults:Telemetry";

    /// <summary>
    /// How many new traces a second are recorded at the most; 100. Fewer are recorded whole; what is beyond is still measured and logged.
    /// A request that comes with a trace is recorded when its caller records it. <c>OTEL_TRACES_SAMPLER</c>, when set, decides instead.
    /// </summary>
    [Range(1, 1_000_000)]
    public int TracesPerSecond { get; set; } = 100;
}
