namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Handles the events of a group. Delivery is at least once: an event may come again after a crash, with the same
/// <see cref="StreamEvent.Id"/>.
/// </summary>
public interface IEventHandler
{
    /// <summary>
    /// Handles a batch, in the order of the stream. Returning acknowledges every event that was not marked with
    /// <see cref="Delivery.Reject"/> or <see cref="Delivery.Retry"/>. An exception that means a dependency is away (a transient
    /// database error, a lost connection, a timeout) makes the batch wait and come again, without counting as an attempt; any
    /// other exception counts, for each event by itself.
    /// </summary>
    Task HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken);
}
