using System.ComponentModel.DataAnnotations;

namespace RankMyBrand.Gateway.Hub;

/// <summary>Settings of the real-time hub; section <c>Hub</c>.</summary>
internal sealed class HubOptions
{
    public const string Section = "Hub";

    /// <summary>A client that gets nothing else gets a heartbeat this often.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a client may take to accept one message before it is cut off.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many clients may be connected at once; beyond it the upgrade is refused with 503.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 20_000;

    /// <summary>How many streams one client may follow.</summary>
    [Range(1, 1000)]
    public int MaxSubscriptions { get; set; } = 50;

    /// <summary>How often a minute one client may subscribe, beyond the first <see cref="MaxSubscriptions"/> times.</summary>
    [Range(1, 60_000)]
    public int SubscribesPerMinute { get; set; } = 60;
}
