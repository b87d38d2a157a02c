using System.Text.Json.Serialization.Metadata;

namespace RankMyBrand.Foundation.Events;

/// <summary>Publishes payloads as objects, by source-generated serialisation: no reflection, and no text in between.</summary>
public static class TypedPublishing
{
    /// <summary>Appends one event with <paramref name="payload"/> as its data.</summary>
    /// <param name="bus">The event bus.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="type">What happened; see <see cref="StreamEvent.Type"/>.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="json">How it is written, from a JsonSerializerContext.</param>
    /// <param name="cancellationToken">Ends the waiting for a Redis that is away.</param>
    /// <exception cref="EventRejectedException">The stream does not take the event.</exception>
    public static ValueTask<PublishedEvent> PublishAsync<T>(
        this IEventBus bus, string stream, string type, T payload, JsonTypeInfo<T> json, CancellationToken cancellationToken = default) =>
        bus.PublishAsync(stream, StreamEvent.Create(type, payload, json), cancellationToken);
}
