using System.Buffers;
using System.Text.Json;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.EventProcessor.Events;

/// <summary>What all forms of a CloudEvent share (CloudEvents 1.0.2).</summary>
internal static class CloudEvent
{
    /// <summary>Checks the required attributes; returns null or what is wrong.</summary>
    public static string? Check(string? specVersion, string? id, string? source, string? type)
    {
        if (specVersion != "1.0")
            return $"The CloudEvent's specversion is '{specVersion}'; only 1.0 is known.";
        if (string.IsNullOrEmpty(id))
            return "The CloudEvent has no 'id'; it must be a non-empty string, unique for its source.";
        if (string.IsNullOrEmpty(source))
            return "The CloudEvent has no 'source'; it must be a non-empty URI reference.";
        return EventParser.CheckType(type);
    }

    /// <summary>Source and id together are an event's identity, so a repeated CloudEvent is taken once.</summary>
    public static string DeduplicationKey(string source, string id) => $"cloudevent\n{source}\n{id}";

    /// <summary>The media types application/json and application/*+json.</summary>
    public static bool IsJson(string contentType)
    {
        var type = contentType.AsSpan();
        var end = type.IndexOf(';');
        type = (end < 0 ? type : type[..end]).Trim();
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || (type.StartsWith("application/", StringComparison.OrdinalIgnoreCase)
                && type.EndsWith("+json", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>
    /// The context attributes of a structured event: the object without its payload. Returns null or what is wrong with them.
    /// </summary>
    public static string? TryReadAttributes(ReadOnlyMemory<byte> json, out ReadOnlyMemory<byte> attributes)
    {
        attributes = default;
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = JsonText.MaxDepth + 1 });
        var buffer = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(buffer);
        try
        {
            writer.WriteStartObject();
            foreach (var attribute in document.RootElement.EnumerateObject())
            {
                if (!attribute.NameEquals("data"u8) && !attribute.NameEquals("data_base64"u8))
                    attribute.WriteTo(writer);
            }

            writer.WriteEndObject();
        }
        catch (InvalidOperationException)
        {
            return "The CloudEvent has an attribute with an unpaired surrogate, which is not a character.";
        }

        writer.Flush();
        attributes = buffer.WrittenMemory;
        return CheckAttributes(attributes);
    }

    /// <summary>Returns null, or why the store could not hold the attributes.</summary>
    public static string? CheckAttributes(ReadOnlyMemory<byte> attributes) =>
        JsonText.IsStorable(attributes, out var fault) ? null : $"The CloudEvent's attributes cannot be stored: {fault}.";
}
