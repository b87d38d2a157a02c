namespace RankMyBrand.Foundation.Events;

/// <summary>Which events of a stream to read.</summary>
public sealed record EventQuery(string Stream)
{
    /// <summary>The most events that one page can hold.</summary>
    public const int MaxLimit = 1000;

    /// <summary>The tenant whose events are read; null for the default tenant.</summary>
    public string? Tenant { get; init; }

    /// <summary>The earliest creation time, inclusive.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The latest creation time, exclusive.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only events of this type.</summary>
    public string? Type { get; init; }

    /// <summary>How many events a page holds at most, 1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>True reads from the oldest to the newest, false (the default) from the newest to the oldest.</summary>
    public bool Ascending { get; init; }

    /// <summary>Where the page before ended, from <see cref="EventPage.NextCursor"/>.</summary>
    public Guid? After { get; init; }
}

/// <summary>A page of events.</summary>
/// <param name="Items">The events.</param>
/// <param name="NextCursor">What to pass as <see cref="EventQuery.After"/> for the next page; null on the last one.</param>
public sealed record EventPage(IReadOnlyList<StoredEvent> Items, Guid? NextCursor);
