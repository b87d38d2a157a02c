using System.ComponentModel.DataAnnotations;

namespace RankMyBrand.ServiceDefaults.Shutdown;

/// <summary>How a service stops, from <c>ServiceDefaults:Shutdown</c>.</summary>
public sealed class ShutdownOptions
{
    internal const string Section = "ServiceDefaults:Shutdown";

    /// <summary>
    /// How long the service goes on serving after it has turned unready, so that load balancers notice.
    /// One second by default, none in Development.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:05")]
    public TimeSpan DrainDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long stopping may take in all, drain and requests in flight included. Eight seconds by default,
    /// so that flushing telemetry still ends within the ten seconds after which orchestrators kill.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(8);
}
