using System.Buffers;
using System.Text.Json;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.EventProcessor.Events;

/// <summary>
/// A CloudEvent in the binary mode of the HTTP binding: attributes in <c>ce-</c> headers, percent-encoded, and the payload as the body.
/// </summary>
internal static class BinaryCloudEvent
{
    /// <summary>Returns null and the event, or a sentence about what is wrong.</summary>
    public static string? TryRead(HttpRequest request, byte[] body, EventContext context, out StreamEvent? @event)
    {
        @event = null;
        var attributes = request.Headers
            .Where(header => header.Key.StartsWith("ce-", StringComparison.OrdinalIgnoreCase))
            .ToDictionary(
                header => header.Key[3..].ToLowerInvariant(),
                header => Uri.UnescapeDataString(header.Value.ToString()),
                StringComparer.Ordinal);
        var (id, source, type) =
            (attributes.GetValueOrDefault("id"), attributes.GetValueOrDefault("source"), attributes.GetValueOrDefault("type"));
        var partitionKey = attributes.GetValueOrDefault("partitionkey");
        var fault = CloudEvent.Check(attributes.GetValueOrDefault("specversion"), id, source, type)
            ?? EventParser.CheckPartitionKey(partitionKey);
        if (fault is not null)
            return fault;
        if (body.Length > 0 && !CloudEvent.IsJson(request.ContentType ?? ""))
            return $"The CloudEvent's content type is '{request.ContentType}'; events hold JSON.";
        if (body.Length > 0 && !JsonText.IsStorable(body, out var reason))
            return $"The CloudEvent's body is not JSON that can be stored: {reason}.";
        var contextAttributes = Write(attributes);
        if (CloudEvent.CheckAttributes(contextAttributes) is { } wrong)
            return wrong;

        @event = new StreamEvent
        {
            Type = type!,
            Data = body.Length > 0 ? body : "null"u8.ToArray(),
            CorrelationId = context.CorrelationId,
            TraceParent = context.TraceParent,
            Tenant = context.Tenant,
            Source = source,
            PartitionKey = partitionKey,
            Attributes = contextAttributes,
            DeduplicationKey = context.IdempotencyKey ?? CloudEvent.DeduplicationKey(source!, id!),
        };
        return null;
    }

    private static ReadOnlyMemory<byte> Write(Dictionary<string, string> attributes)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        foreach (var (name, value) in attributes)
            json.WriteString(name, value);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
