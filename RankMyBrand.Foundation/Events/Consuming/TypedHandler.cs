using System.Text.Json.Serialization.Metadata;

namespace RankMyBrand.Foundation.Events;

/// <summary>Reads each event's JSON for a handler that takes one event at a time.</summary>
internal sealed class TypedHandler<T>(JsonTypeInfo<T> json, Func<T, Delivery, CancellationToken, Task> handle) : IEventHandler
{
    public Task HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken) =>
        deliveries[0].TryRead(json, out var @event) ? handle(@event, deliveries[0], cancellationToken) : Task.CompletedTask;
}
