namespace RankMyBrand.Foundation.Events;

/// <summary>How a consumer group of a stream is doing.</summary>
/// <param name="Name">The group.</param>
public sealed record ConsumerGroup(string Name)
{
    /// <summary>How many entries it has not read yet; null when Redis cannot tell (entries were deleted behind it).</summary>
    public long? Lag { get; init; }

    /// <summary>How many entries it has read and not acknowledged yet.</summary>
    public long Pending { get; init; }

    /// <summary>How many replayed entries it has not acknowledged yet.</summary>
    public long Replaying { get; init; }

    /// <summary>How long ago the oldest entry that it has not acknowledged was appended; null when nothing is pending.</summary>
    public TimeSpan? OldestPendingAge { get; init; }

    /// <summary>Since when the group is paused; null when it is not.</summary>
    public DateTimeOffset? PausedAt { get; init; }

    /// <summary>Those who read for the group.</summary>
    public IReadOnlyList<GroupConsumer> Consumers { get; init; } = [];
}

/// <summary>One who reads for a group.</summary>
/// <param name="Name">Machine, process and a random part.</param>
/// <param name="Pending">How many entries it holds.</param>
/// <param name="Idle">How long ago it last asked Redis for anything.</param>
public sealed record GroupConsumer(string Name, long Pending, TimeSpan Idle);
