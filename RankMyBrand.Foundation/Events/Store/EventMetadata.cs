using System.Buffers;
using System.Text.Json;

namespace RankMyBrand.Foundation.Events;

/// <summary>Writes the metadata column: what is known about an event beside its payload. One buffer serves a whole batch.</summary>
internal sealed class EventMetadata : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(512);
    private readonly Utf8JsonWriter _json;

    public EventMetadata() => _json = new Utf8JsonWriter(_buffer);

    /// <summary>The JSON of one delivery, valid until the next call.</summary>
    public ReadOnlyMemory<byte> Write(Delivery delivery)
    {
        _buffer.ResetWrittenCount();
        _json.Reset();
        var @event = delivery.Event;
        _json.WriteStartObject();
        if (@event.CorrelationId is { } correlationId)
            _json.WriteString("correlationId"u8, correlationId);
        else
            _json.WriteString("correlationId"u8, @event.Id);
        if (@event.TraceParent is { } traceParent)
            _json.WriteString("traceparent"u8, traceParent);
        if (@event.Source is { } source)
            _json.WriteString("source"u8, source);
        if (@event.PartitionKey is { } partitionKey)
            _json.WriteString("partitionKey"u8, partitionKey);
        _json.WriteString("entryId"u8, delivery.EntryId);
        if (@event.Attributes is { } attributes)
        {
            _json.WritePropertyName("attributes"u8);
            // What is read from a stream has been checked; see EventEntry.
            _json.WriteRawValue(attributes.Span, skipInputValidation: true);
        }

        _json.WriteEndObject();
        _json.Flush();
        return _buffer.WrittenMemory;
    }

    public void Dispose() => _json.Dispose();
}
