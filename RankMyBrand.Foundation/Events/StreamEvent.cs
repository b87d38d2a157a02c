using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RankMyBrand.Foundation.Events;

/// <summary>An event: a fact of one type with a JSON payload, as it is published to a stream.</summary>
public sealed record StreamEvent
{
    /// <summary>A new event, with an id of its own and the current trace.</summary>
    public StreamEvent() => (Id, TraceParent) = (UuidV7.Next(), Activity.Current?.Id);

    /// <summary>An event that was published before.</summary>
    internal StreamEvent(Guid id) => Id = id;

    /// <summary>The identity, a UUIDv7 fixed at creation: a redelivered event meets its own row in the store.</summary>
    public Guid Id { get; init; }

    /// <summary>What happened, in the past tense and with dots, for example <c>response.received</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The payload, UTF-8 JSON. It is passed on as it is: never parsed, never written anew.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The business conversation that the event belongs to (X-Correlation-ID).</summary>
    public string? CorrelationId { get; init; }

    /// <summary>The W3C trace context of the publisher (traceparent).</summary>
    public string? TraceParent { get; init; }

    /// <summary>The tenant that owns the event; null for the default tenant.</summary>
    public string? Tenant { get; init; }

    /// <summary>Who published it: a service's name, or the source of a CloudEvent.</summary>
    public string? Source { get; init; }

    /// <summary>Further attributes as a JSON object (for example those of a CloudEvent), or null.</summary>
    public ReadOnlyMemory<byte>? Attributes { get; init; }

    /// <summary>Events with the same key keep their order among partitions and concurrent handlers; null has no order to keep.</summary>
    public string? PartitionKey { get; init; }

    /// <summary>
    /// A key that makes publishing idempotent: within <see cref="EventsOptions.DeduplicationWindow"/> a second event with the key is not
    /// appended, and is answered with the first one's ids. Null appends always.
    /// </summary>
    public string? DeduplicationKey { get; init; }

    /// <summary>An event with an object as its payload; <c>with</c> adds the rest.</summary>
    public static StreamEvent Create<T>(string type, T payload, JsonTypeInfo<T> json) =>
        new() { Type = type, Data = JsonSerializer.SerializeToUtf8Bytes(payload, json) };

    /// <summary>
    /// An event that follows from this one, for the same tenant, in the same conversation and trace. Its id follows too: when this one is
    /// delivered again, the same event comes of it, and the archive and an inbox have it once.
    /// </summary>
    public StreamEvent Derive<T>(string type, T payload, JsonTypeInfo<T> json) =>
        new(UuidV7.FromName(CreatedAt.ToUnixTimeMilliseconds(), Encoding.UTF8.GetBytes($"{type}\n{Id}")))
        {
            Type = type,
            Data = JsonSerializer.SerializeToUtf8Bytes(payload, json),
            CorrelationId = CorrelationId ?? Id.ToString(),
            TraceParent = TraceParent,
            Tenant = Tenant,
        };

    /// <summary>The time inside <see cref="Id"/>.</summary>
    public DateTimeOffset CreatedAt => UuidV7.TimeOf(Id);
}
