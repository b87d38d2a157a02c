using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.EventProcessor.Brands;

/// <summary>The streams of the pipeline, in its order.</summary>
internal static class BrandStreams
{
    public const string Responses = "ai.responses";
    public const string Calculated = "metrics.calculated";
    public const string Recommended = "actions.recommended";
    public const string Pending = "actions.pending";
}

/// <summary>Events that follow from another one.</summary>
internal static class Derived
{
    private const string Source = "event-processor/brands";

    /// <summary>An event of the pipeline that follows from <paramref name="origin"/>.</summary>
    public static StreamEvent From<T>(StreamEvent origin, string type, T data, JsonTypeInfo<T> format) =>
        origin.Derive(type, data, format) with { Source = Source };

    /// <summary>An event that a rule brings forth.</summary>
    public static StreamEvent Of<T>(Guid id, string tenant, string type, T data, JsonTypeInfo<T> format) => new()
    {
        Id = id,
        Type = type,
        Data = JsonSerializer.SerializeToUtf8Bytes(data, format),
        CorrelationId = id.ToString(),
        Tenant = tenant == EventStore.DefaultTenant ? null : tenant,
        Source = Source,
        DeduplicationKey = id.ToString(),
    };

    /// <summary>
    /// Publishes what follows from deliveries, one event for each. A stream that is full or away makes the deliveries wait and come again;
    /// an event that can never be published condemns the delivery that it follows from.
    /// </summary>
    /// <exception cref="EventRejectedException">The stream takes nothing now, or is not there.</exception>
    public static async Task PublishDerivedAsync(
        this IEventBus bus, string stream, IReadOnlyList<StreamEvent> events, IReadOnlyList<Delivery> origins,
        CancellationToken cancellationToken)
    {
        var results = await bus.PublishAsync(stream, events, cancellationToken);
        for (var i = 0; i < results.Count; i++)
        {
            if (results[i].Rejection is not { } rejection)
                continue;
            if (rejection.Reason is not RejectionReason.Invalid)
                throw new EventRejectedException(rejection);
            origins[i].Reject($"What follows from the event cannot be published to '{stream}': {rejection.Detail}");
        }
    }
}
