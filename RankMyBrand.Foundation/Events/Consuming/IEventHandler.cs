namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Handles the events of a group one by one, each read from its JSON. Delivery is at least once: an event may come again after a crash,
/// with the same <see cref="StreamEvent.Id"/>.
/// </summary>
/// <typeparam name="T">The form of the events' data. Data of another form goes to the dead letters unseen.</typeparam>
public interface IEventHandler<in T>
{
    /// <summary>
    /// Handles an event. Returning acknowledges it, unless <see cref="Delivery.Reject"/> was called. An exception that means a
    /// dependency is away (a transient database error, a lost connection, a timeout) makes it come again without counting as an attempt;
    /// any other exception counts.
    /// </summary>
    /// <param name="event">What the event says.</param>
    /// <param name="delivery">What is known about it: its id, type, tenant, correlation, attempt.</param>
    /// <param name="cancellationToken">
    /// Cancelled when the host has lost its patience while stopping; the event then goes to another replica.
    /// </param>
    Task HandleAsync(T @event, Delivery delivery, CancellationToken cancellationToken);
}

/// <summary>Handles the events of a group in batches. Delivery is at least once, as with <see cref="IEventHandler{T}"/>.</summary>
public interface IEventHandler
{
    /// <summary>
    /// Handles a batch of one stream, in its order. Returning acknowledges every event that was not marked with
    /// <see cref="Delivery.Reject"/> or <see cref="Delivery.Retry"/>. An exception that means a dependency is away (a transient
    /// database error, a lost connection, a timeout) makes the batch come again, without counting as an attempt; after any other
    /// exception each event is tried by itself.
    /// </summary>
    /// <param name="deliveries">
    /// The events; <see cref="Delivery.TryRead"/> reads their JSON. The key of each is another one where
    /// <see cref="EventOrdering.ByKey"/> holds.
    /// </param>
    /// <param name="cancellationToken">
    /// Cancelled when the host has lost its patience while stopping; the events then go to another replica.
    /// </param>
    Task HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken);
}
