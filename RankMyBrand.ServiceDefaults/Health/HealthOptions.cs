using System.ComponentModel.DataAnnotations;

namespace RankMyBrand.ServiceDefaults.Health;

/// <summary>How dependencies are checked, from <c>ServiceDefaults:Health</c>.</summary>
public sealed class HealthOptions
{
    internal const string Section = "ServiceDefaults:Health";

    /// <summary>How long one check may take before its dependency counts as down. Three seconds by default.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a result answers further probes. One second by default.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromSeconds(1);
}
