namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Publishes events to streams. A completed publish means that Redis has the event; with <see cref="Durability.Synced"/>, or on a server
/// that syncs every write before it answers, as the platform's does, the event is on disk, too.
/// </summary>
public interface IEventBus
{
    /// <summary>Appends one event.</summary>
    /// <exception cref="EventRejectedException">
    /// The stream does not take the event; <see cref="EventRejectedException.Rejection"/> says why.
    /// </exception>
    ValueTask<PublishedEvent> PublishAsync(string stream, StreamEvent @event, CancellationToken cancellationToken = default);

    /// <summary>
    /// Appends events in their order, pipelined. One result for each event, in the same order; unlike the single form it does not throw
    /// when some are rejected.
    /// </summary>
    Task<IReadOnlyList<PublishResult>> PublishAsync(
        string stream, IReadOnlyList<StreamEvent> events, CancellationToken cancellationToken = default);
}

/// <summary>An event that is in its stream.</summary>
public readonly record struct PublishedEvent
{
    private readonly EntryId _entryId;

    /// <summary>An event with the id of its entry, for example <c>1763683200000-0</c>.</summary>
    /// <exception cref="FormatException"><paramref name="entryId"/> is not the id of a stream entry.</exception>
    public PublishedEvent(Guid id, string entryId, bool isDuplicate)
        : this(id, Events.EntryId.Parse(entryId), isDuplicate)
    {
    }

    internal PublishedEvent(Guid id, EntryId entryId, bool isDuplicate) => (Id, _entryId, IsDuplicate) = (id, entryId, isDuplicate);

    /// <summary>The event's id; the first event's where this one was a duplicate.</summary>
    public Guid Id { get; }

    /// <summary>The id of the Redis stream entry, for example <c>1763683200000-0</c>; written out at each call.</summary>
    public string EntryId => _entryId.ToString();

    /// <summary>True when the deduplication key had been seen, and nothing was appended.</summary>
    public bool IsDuplicate { get; }
}

/// <summary>What became of one event of a batch: published, or rejected.</summary>
public readonly record struct PublishResult
{
    private PublishResult(PublishedEvent published, EventRejection? rejection) => (Published, Rejection) = (published, rejection);

    /// <summary>The published event; meaningful when <see cref="Rejection"/> is null.</summary>
    public PublishedEvent Published { get; }

    /// <summary>Why the event was not appended, or null.</summary>
    public EventRejection? Rejection { get; }

    /// <summary>Wraps a published event.</summary>
    public static implicit operator PublishResult(PublishedEvent published) => new(published, null);

    /// <summary>Wraps a rejection.</summary>
    public static implicit operator PublishResult(EventRejection rejection) => new(default, rejection);
}
