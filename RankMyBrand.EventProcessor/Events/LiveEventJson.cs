using System.Buffers;
using System.Text.Json;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.EventProcessor.Events;

/// <summary>A live event as JSON: what the store's listing shows, with its place in the stream.</summary>
internal static class LiveEventJson
{
    public static ReadOnlyMemory<byte> Write(string stream, LiveEvent live)
    {
        var buffer = new ArrayBufferWriter<byte>(live.Event.Data.Length + 256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("id"u8, live.Event.Id);
        json.WriteString("streamId"u8, stream);
        json.WriteString("entryId"u8, live.EntryId);
        json.WriteString("type"u8, live.Event.Type);
        json.WritePropertyName("data"u8);
        json.WriteRawValue(live.Event.Data.Span, skipInputValidation: true);
        json.WriteString("correlationId"u8, live.Event.CorrelationId);
        json.WriteString("createdAt"u8, live.Event.CreatedAt);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
