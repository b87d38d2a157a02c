using System.ComponentModel.DataAnnotations;

namespace RankMyBrand.Foundation.Events;

/// <summary>Settings of the archive; section <c>Events:Archive</c>.</summary>
public sealed class EventArchiveOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Events:Archive";

    /// <summary>
    /// How long an event is kept after its creation; null, the default, keeps it for ever. With TimescaleDB a day's events are removed
    /// together, when the youngest of them is that old.
    /// </summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "36500.00:00:00")]
    public TimeSpan? Retention { get; set; }

    /// <summary>From which age a day's events are compressed, on a TimescaleDB whose licence has it; null never compresses.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "36500.00:00:00")]
    public TimeSpan? CompressAfter { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How often the archive looks for events to remove or to compress.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan UpkeepInterval { get; set; } = TimeSpan.FromHours(1);
}
