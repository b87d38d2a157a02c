using System.ComponentModel.DataAnnotations;

namespace RankMyBrand.Foundation.Events;

/// <summary>Settings of the outbox; section <c>Outbox</c>.</summary>
public sealed class OutboxOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Outbox";

    /// <summary>
    /// False keeps this service from relaying; it only adds. Of all services that may relay one does, and another takes over when it ends.
    /// </summary>
    public bool Relay { get; set; } = true;

    /// <summary>How many events of a stream are read, published and removed together.</summary>
    [Range(1, 10_000)]
    public int BatchSize { get; set; } = 500;

    /// <summary>How often the relay looks without having been woken, and how often a waiting relay asks whether it may take over.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The longest pause after failures to publish; the first one is 100 ms, each further one twice as long. A refusal that asks for a
    /// longer one gets it: 2 s while Redis is away, 1 s from a full stream.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan MaxBackoff { get; set; } = TimeSpan.FromSeconds(30);
}
