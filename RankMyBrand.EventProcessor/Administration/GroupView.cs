using RankMyBrand.Foundation.Events;

namespace RankMyBrand.EventProcessor.Administration;

/// <summary>A consumer group.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Lag">Entries that it has not read yet; null when Redis cannot tell.</param>
/// <param name="Pending">Entries that it has read and not acknowledged yet.</param>
/// <param name="Replaying">Replayed entries that it has not acknowledged yet.</param>
/// <param name="OldestPendingSeconds">Age of the oldest entry that is pending.</param>
/// <param name="PausedAt">Since when it is paused; null when it is not.</param>
/// <param name="Consumers">Those who read for it.</param>
internal sealed record GroupView(
    string Name, long? Lag, long Pending, long Replaying, double? OldestPendingSeconds, DateTimeOffset? PausedAt,
    IReadOnlyList<ConsumerView> Consumers)
{
    public static GroupView Of(ConsumerGroup group) => new(
        group.Name,
        group.Lag,
        group.Pending,
        group.Replaying,
        group.OldestPendingAge?.TotalSeconds,
        group.PausedAt,
        [.. group.Consumers.Select(consumer => new ConsumerView(consumer.Name, consumer.Pending, consumer.Idle.TotalSeconds))]);
}

/// <summary>One who reads for a group.</summary>
/// <param name="Name">Machine, process and a random part.</param>
/// <param name="Pending">Entries that it holds.</param>
/// <param name="IdleSeconds">How long ago it last asked Redis for anything.</param>
internal sealed record ConsumerView(string Name, long Pending, double IdleSeconds);
