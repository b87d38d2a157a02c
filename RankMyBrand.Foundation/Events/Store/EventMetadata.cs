using System.Buffers;
using System.Text;
using System.Text.Json;

namespace RankMyBrand.Foundation.Events;

/// <summary>The metadata column: what is known about an event beside its payload.</summary>
internal static class EventMetadata
{
    public static string Write(Delivery delivery)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        var @event = delivery.Event;
        json.WriteStartObject();
        json.WriteString("correlationId"u8, @event.CorrelationId ?? @event.Id.ToString());
        if (@event.TraceParent is { } traceParent)
            json.WriteString("traceparent"u8, traceParent);
        if (@event.Source is { } source)
            json.WriteString("source"u8, source);
        json.WriteString("entryId"u8, delivery.EntryId);
        if (@event.Attributes is { } attributes)
        {
            json.WritePropertyName("attributes"u8);
            json.WriteRawValue(attributes.Span);
        }

        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
