using System.Buffers;
using System.Text.Json;
using RankMyBrand.Foundation.Events;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.Gateway.Hub;

/// <summary>The messages that the hub sends, as UTF-8 JSON; <c>op</c> tells them apart.</summary>
internal static class HubFrame
{
    public static readonly ReadOnlyMemory<byte> Heartbeat = """{"op":"heartbeat"}"""u8.ToArray();
    public static readonly ReadOnlyMemory<byte> Pong = """{"op":"pong"}"""u8.ToArray();

    public static ReadOnlyMemory<byte> Subscribed(string stream) => About("subscribed", stream);

    public static ReadOnlyMemory<byte> Unsubscribed(string stream) => About("unsubscribed", stream);

    public static ReadOnlyMemory<byte> Error(ProblemCode code, string detail, string? stream = null) => Write(128, json =>
    {
        json.WriteString("op"u8, "error"u8);
        json.WriteString("code"u8, code.WireName());
        json.WriteString("detail"u8, detail);
        if (stream is not null)
            json.WriteString("stream"u8, stream);
    });

    public static ReadOnlyMemory<byte> Event(string stream, LiveEvent live) => Write(live.Event.Data.Length + 256, json =>
    {
        json.WriteString("op"u8, "event"u8);
        json.WriteString("stream"u8, stream);
        json.WriteString("entryId"u8, live.EntryId);
        json.WriteString("id"u8, live.Event.Id);
        json.WriteString("type"u8, live.Event.Type);
        json.WritePropertyName("data"u8);
        json.WriteRawValue(live.Event.Data.Span, skipInputValidation: true);
        json.WriteString("correlationId"u8, live.Event.CorrelationId);
        json.WriteString("createdAt"u8, live.Event.CreatedAt);
    });

    private static ReadOnlyMemory<byte> About(string op, string stream) => Write(64, json =>
    {
        json.WriteString("op"u8, op);
        json.WriteString("stream"u8, stream);
    });

    private static ReadOnlyMemory<byte> Write(int capacity, Action<Utf8JsonWriter> properties)
    {
        var buffer = new ArrayBufferWriter<byte>(capacity);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        properties(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
