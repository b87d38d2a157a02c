namespace RankMyBrand.Foundation.Events;

/// <summary>Publishes events to streams. A completed publish means that Redis has the event and has synced it to its append-only file.</summary>
public interface IEventBus
{
    /// <summary>Appends one event.</summary>
    /// <exception cref="EventRejectedException">The stream does not take the event; <see cref="EventRejectedException.Rejection"/> says why.</exception>
    Task<PublishedEvent> PublishAsync(string stream, StreamEvent @event, CancellationToken cancellationToken = default);

    /// <summary>
    /// Appends events in their order, pipelined. One result for each event, in the same order; unlike the single form it does not throw
    /// when some are rejected.
    /// </summary>
    Task<IReadOnlyList<PublishResult>> PublishAsync(
        string stream, IReadOnlyList<StreamEvent> events, CancellationToken cancellationToken = default);
}

/// <summary>An event that is in its stream.</summary>
/// <param name="Id">The event's id; the first event's where this one was a duplicate.</param>
/// <param name="EntryId">The id of the Redis stream entry, for example <c>1763683200000-0</c>.</param>
/// <param name="IsDuplicate">True when the deduplication key had been seen, and nothing was appended.</param>
public readonly record struct PublishedEvent(Guid Id, string EntryId, bool IsDuplicate);

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
