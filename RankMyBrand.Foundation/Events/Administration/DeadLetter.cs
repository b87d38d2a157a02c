namespace RankMyBrand.Foundation.Events;

/// <summary>An entry that a group could not handle, with the story of its failure.</summary>
/// <param name="Id">Where it stands among the dead letters of its stream.</param>
/// <param name="Stream">The stream that it came from.</param>
public sealed record DeadLetter(string Id, string Stream)
{
    /// <summary>The group that could not handle it; empty for an entry that somebody else has put there.</summary>
    public string Group { get; init; } = "";

    /// <summary>The id of its entry in the stream.</summary>
    public string EntryId { get; init; } = "";

    /// <summary>The consumer that gave it up.</summary>
    public string Consumer { get; init; } = "";

    /// <summary>
    /// The type of the last error, such as <c>System.InvalidOperationException</c>, or one of <c>Rejected</c>,
    /// <c>Malformed</c> and <c>Abandoned</c>.
    /// </summary>
    public string ErrorType { get; init; } = "";

    /// <summary>The message of the last error.</summary>
    public string ErrorMessage { get; init; } = "";

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; init; }

    /// <summary>When it failed first.</summary>
    public DateTimeOffset? FirstFailedAt { get; init; }

    /// <summary>When it failed last.</summary>
    public DateTimeOffset? LastFailedAt { get; init; }

    /// <summary>The event; null when the entry is none.</summary>
    public StreamEvent? Event { get; init; }

    /// <summary>The fields of the entry as they were.</summary>
    public IReadOnlyList<EntryField> Fields { get; init; } = [];
}

/// <summary>A field of a stream entry.</summary>
/// <param name="Name">The name.</param>
/// <param name="Value">The value.</param>
public readonly record struct EntryField(string Name, ReadOnlyMemory<byte> Value);

/// <summary>Which dead letters of a stream are meant; all of them unless something is said.</summary>
/// <param name="Stream">The stream.</param>
public sealed record DeadLetterFilter(string Stream)
{
    /// <summary>Only those of this group.</summary>
    public string? Group { get; init; }

    /// <summary>Only those with this <see cref="DeadLetter.ErrorType"/>.</summary>
    public string? ErrorType { get; init; }

    /// <summary>Only events of this type.</summary>
    public string? EventType { get; init; }

    /// <summary>Only those that were given up at this time or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Only those that were given up before this time.</summary>
    public DateTimeOffset? To { get; init; }

    internal bool Matches(DeadLetter letter) =>
        (Group is null || letter.Group == Group)
        && (ErrorType is null || letter.ErrorType == ErrorType)
        && (EventType is null || letter.Event?.Type == EventType);
}

/// <summary>A page of dead letters.</summary>
/// <param name="Items">The dead letters.</param>
/// <param name="NextCursor">The id to go on after; null on the last page.</param>
public sealed record DeadLetterPage(IReadOnlyList<DeadLetter> Items, string? NextCursor);

/// <summary>What became of dead letters that were to be replayed or discarded.</summary>
/// <param name="Done">How many have been.</param>
/// <param name="Missing">How many are not there, or not any more: replayed or discarded before.</param>
/// <param name="Refused">How many cannot be replayed, because their group does not exist any more.</param>
public readonly record struct DeadLetterOutcome(long Done, long Missing, long Refused)
{
    /// <summary>Adds up.</summary>
    public static DeadLetterOutcome operator +(DeadLetterOutcome left, DeadLetterOutcome right) =>
        new(left.Done + right.Done, left.Missing + right.Missing, left.Refused + right.Refused);
}
