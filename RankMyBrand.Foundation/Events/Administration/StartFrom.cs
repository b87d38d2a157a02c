namespace RankMyBrand.Foundation.Events;

/// <summary>Where a group begins when it is new. For a group that exists it says nothing.</summary>
public readonly record struct StartFrom
{
    private StartFrom(bool isEnd, bool isStore, DateTimeOffset? since) => (IsEnd, IsStore, Since) = (isEnd, isStore, since);

    /// <summary>With the oldest event that the stream still holds.</summary>
    public static StartFrom Stream => default;

    /// <summary>With the first event that comes after the group has been created.</summary>
    public static StartFrom End => new(isEnd: true, isStore: false, null);

    internal bool IsEnd { get; }

    internal bool IsStore { get; }

    internal DateTimeOffset? Since { get; }

    /// <summary>
    /// With everything that was ever archived, or created since a time: nothing is left out between the archive and the stream. What is
    /// published meanwhile is handled beside it; <see cref="Delivery.IsReplay"/> tells the two apart. A service with
    /// <c>AddEventReplays</c>, such as the event processor, must run.
    /// </summary>
    public static StartFrom Store(DateTimeOffset? since = null) => new(isEnd: false, isStore: true, since);
}
