using System.Text.Json;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.EventProcessor.Events;

/// <summary>
/// Reads an event from a JSON object: the plain form <c>{"type","data","correlationId"?,"partitionKey"?}</c>, or, when it
/// has <c>specversion</c>, a
/// CloudEvent (CloudEvents 1.0.2, JSON format). The payload is cut out of the text, not written anew.
/// </summary>
internal static class EventParser
{
    public const int MaxTypeLength = 256;
    public const int MaxCorrelationIdLength = 128;
    public const int MaxPartitionKeyLength = 256;

    /// <summary>Returns null and the event, or a sentence about what is wrong.</summary>
    public static string? TryParse(ReadOnlyMemory<byte> json, EventContext context, string? idempotencyKey, out StreamEvent? @event)
    {
        @event = null;
        var parts = new Parts();
        try
        {
            if (parts.Read(json) is { } fault)
                return fault;
        }
        catch (JsonException e)
        {
            return $"The event is not valid JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.";
        }
        catch (InvalidOperationException)
        {
            return "The event holds a string with an unpaired surrogate, or with bytes that are not UTF-8.";
        }

        return parts.IsCloudEvent
            ? parts.ToCloudEvent(json, context, idempotencyKey, out @event)
            : parts.ToPlainEvent(context, idempotencyKey, out @event);
    }

    /// <summary>Checks a type; returns null or what is wrong with it.</summary>
    public static string? CheckType(string? type) => type switch
    {
        null or "" => "The event has no 'type'; it must be a non-empty string such as \"response.received\".",
        { Length: > MaxTypeLength } => $"The event's 'type' has {type.Length} characters; at most {MaxTypeLength} are taken.",
        _ when type.Any(char.IsControl) => "The event's 'type' holds control characters.",
        _ => null,
    };

    /// <summary>Checks a partition key, which an event need not have; returns null or what is wrong with it.</summary>
    public static string? CheckPartitionKey(string? key) =>
        key is null || (key.Length is > 0 and <= MaxPartitionKeyLength && !key.Any(char.IsControl))
            ? null
            : $"The event's partition key must be a string of 1 to {MaxPartitionKeyLength} characters without control characters.";

    private sealed class Parts
    {
        private string? _type;
        private string? _correlationId;
        private ReadOnlyMemory<byte>? _data;
        private string? _specVersion;
        private string? _id;
        private string? _source;
        private string? _partitionKey;
        private string? _dataContentType;
        private byte[]? _dataBase64;
        private string? _unknown;

        public bool IsCloudEvent => _specVersion is not null;

        public string? Read(ReadOnlyMemory<byte> json)
        {
            var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = JsonText.MaxDepth + 1 });
            if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject)
                return "The event is not a JSON object; send {\"type\": \"...\", \"data\": ...}.";
            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                if (ReadProperty(ref reader, json) is { } fault)
                    return fault;
            }

            // Reads on to the end, so that text after the object is noticed.
            while (reader.Read())
            {
            }

            return null;
        }

        public string? ToPlainEvent(EventContext context, string? idempotencyKey, out StreamEvent? @event)
        {
            @event = null;
            if ((CheckType(_type) ?? CheckPartitionKey(_partitionKey)) is { } fault)
                return fault;
            // It would be lost: a misspelt partition key, or the identity of a CloudEvent without its version.
            if ((_unknown ?? (_id is null ? null : "id") ?? (_source is null ? null : "source")) is { } unknown)
            {
                return $"The event has a member '{unknown}'; a plain event has type, data, correlationId and partitionKey, and a "
                    + "CloudEvent has a specversion.";
            }

            if (_data is not { } data)
                return "The event has no 'data'; it may be any JSON value.";
            @event = new StreamEvent
            {
                Type = _type!,
                Data = data,
                CorrelationId = _correlationId ?? context.CorrelationId,
                TraceParent = context.TraceParent,
                Tenant = context.Tenant,
                PartitionKey = _partitionKey,
                DeduplicationKey = idempotencyKey,
            };
            return null;
        }

        public string? ToCloudEvent(ReadOnlyMemory<byte> json, EventContext context, string? idempotencyKey, out StreamEvent? @event)
        {
            @event = null;
            if ((CloudEvent.Check(_specVersion, _id, _source, _type) ?? CheckPartitionKey(_partitionKey)) is { } fault)
                return fault;
            if (_dataContentType is not null && !CloudEvent.IsJson(_dataContentType))
                return $"The CloudEvent's datacontenttype is '{_dataContentType}'; events hold JSON.";
            if (_dataBase64 is not null && !JsonText.IsStorable(_dataBase64, out var reason))
                return $"The CloudEvent's 'data_base64' is not JSON that can be stored: {reason}.";
            if (CloudEvent.TryReadAttributes(json, out var attributes) is { } wrong)
                return wrong;
            @event = new StreamEvent
            {
                Type = _type!,
                Data = _data ?? _dataBase64 ?? "null"u8.ToArray(),
                CorrelationId = _correlationId ?? context.CorrelationId,
                TraceParent = context.TraceParent,
                Tenant = context.Tenant,
                Source = _source,
                PartitionKey = _partitionKey,
                Attributes = attributes,
                DeduplicationKey = idempotencyKey ?? CloudEvent.DeduplicationKey(_source!, _id!),
            };
            return null;
        }

        private string? ReadProperty(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
        {
            if (reader.ValueTextEquals("data"u8))
                return ReadData(ref reader, json);
            if (reader.ValueTextEquals("type"u8))
                return ReadString(ref reader, "type", ref _type);
            if (reader.ValueTextEquals("correlationId"u8) || reader.ValueTextEquals("correlationid"u8))
                return ReadCorrelationId(ref reader);
            if (reader.ValueTextEquals("partitionKey"u8) || reader.ValueTextEquals("partitionkey"u8))
                return ReadString(ref reader, "partitionKey", ref _partitionKey);
            if (reader.ValueTextEquals("specversion"u8))
                return ReadString(ref reader, "specversion", ref _specVersion);
            if (reader.ValueTextEquals("id"u8))
                return ReadString(ref reader, "id", ref _id);
            if (reader.ValueTextEquals("source"u8))
                return ReadString(ref reader, "source", ref _source);
            if (reader.ValueTextEquals("datacontenttype"u8))
                return ReadString(ref reader, "datacontenttype", ref _dataContentType);
            if (reader.ValueTextEquals("data_base64"u8))
            {
                reader.Read();
                return reader.TokenType is JsonTokenType.Null
                    || (reader.TokenType is JsonTokenType.String && reader.TryGetBytesFromBase64(out _dataBase64))
                    ? null
                    : "The CloudEvent's 'data_base64' is not a base64 string.";
            }

            _unknown ??= reader.GetString();
            reader.Skip();
            return null;
        }

        private string? ReadData(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
        {
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            var data = json[start..(int)reader.BytesConsumed];
            _data = data;
            return JsonText.IsStorable(data, out var fault) ? null : $"The event's 'data' cannot be stored: {fault}.";
        }

        private string? ReadCorrelationId(ref Utf8JsonReader reader)
        {
            reader.Read();
            if (reader.TokenType is JsonTokenType.Null)
                return null;
            var value = reader.TokenType is JsonTokenType.String ? reader.GetString() : null;
            if (value is not { Length: > 0 and <= MaxCorrelationIdLength } || !value.All(IsCorrelationCharacter))
            {
                return $"The event's 'correlationId' must be a string of 1 to {MaxCorrelationIdLength} characters "
                    + "of A-Z, a-z, 0-9, dot, hyphen and underscore.";
            }

            _correlationId = value;
            return null;
        }

        private static bool IsCorrelationCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_';

        /// <summary>An attribute that is null counts as not there (CloudEvents, JSON format, section 3.1).</summary>
        private static string? ReadString(ref Utf8JsonReader reader, string name, ref string? value)
        {
            reader.Read();
            if (reader.TokenType is JsonTokenType.Null)
                return null;
            if (reader.TokenType is not JsonTokenType.String)
            {
                var kind = reader.TokenType;
                reader.Skip();
                return $"The event's '{name}' is a JSON {NameOf(kind)}; it must be a string.";
            }

            value = reader.GetString();
            return null;
        }

        private static string NameOf(JsonTokenType type) => type switch
        {
            JsonTokenType.StartObject => "object",
            JsonTokenType.StartArray => "array",
            JsonTokenType.Number => "number",
            _ => "boolean",
        };
    }
}
