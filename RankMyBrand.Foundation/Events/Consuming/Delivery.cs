namespace RankMyBrand.Foundation.Events;

/// <summary>An event as it is delivered to a group.</summary>
public sealed class Delivery
{
    internal Delivery(string stream, string entryId, StreamEvent @event, int attempt) =>
        (Stream, EntryId, Event, Attempt) = (stream, entryId, @event, attempt);

    /// <summary>The stream that the event stands in.</summary>
    public string Stream { get; }

    /// <summary>The id of its Redis stream entry.</summary>
    public string EntryId { get; }

    /// <summary>The event.</summary>
    public StreamEvent Event { get; }

    /// <summary>1 for the first delivery, one more for each further one.</summary>
    public int Attempt { get; internal set; }

    internal Failure? Failed { get; private set; }

    internal DateTimeOffset? FirstFailedAt { get; set; }

    /// <summary>Sends the event to the dead letters now: no further attempt can help.</summary>
    public void Reject(string reason) => Failed = new Failure("Rejected", reason, IsFinal: true);

    /// <summary>Has the event delivered again after a back-off, or sends it to the dead letters after the last attempt.</summary>
    public void Retry(Exception cause) => Failed = new Failure(cause.GetType().FullName ?? cause.GetType().Name, cause.Message, IsFinal: false);

    internal void Reset() => Failed = null;

    internal sealed record Failure(string Type, string Message, bool IsFinal);
}
