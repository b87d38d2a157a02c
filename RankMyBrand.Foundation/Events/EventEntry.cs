using System.Globalization;
using System.Text;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// The form of an event as a Redis stream entry. The first five fields are those of the platform's first event bus, whose
/// consumers still read them; the others are added only when they have a value.
/// </summary>
internal static class EventEntry
{
    private static readonly RedisValue s_id = "event_id";
    private static readonly RedisValue s_type = "event_type";
    private static readonly RedisValue s_data = "data";
    private static readonly RedisValue s_timestamp = "timestamp";
    private static readonly RedisValue s_correlationId = "correlation_id";
    private static readonly RedisValue s_traceParent = "traceparent";
    private static readonly RedisValue s_tenant = "tenant";
    private static readonly RedisValue s_source = "source";
    private static readonly RedisValue s_partitionKey = "partition_key";
    private static readonly RedisValue s_attributes = "attributes";

    public static NameValueEntry[] Write(StreamEvent @event)
    {
        var count = 5
            + (@event.TraceParent is null ? 0 : 1)
            + (@event.Tenant is null ? 0 : 1)
            + (@event.Source is null ? 0 : 1)
            + (@event.PartitionKey is null ? 0 : 1)
            + (@event.Attributes is null ? 0 : 1);
        var id = @event.Id.ToString();
        var fields = new NameValueEntry[count];
        fields[0] = new(s_id, id);
        fields[1] = new(s_type, @event.Type);
        fields[2] = new(s_data, @event.Data);
        fields[3] = new(s_timestamp, @event.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        fields[4] = new(s_correlationId, @event.CorrelationId ?? id);
        var next = 5;
        if (@event.TraceParent is { } traceParent)
            fields[next++] = new(s_traceParent, traceParent);
        if (@event.Tenant is { } tenant)
            fields[next++] = new(s_tenant, tenant);
        if (@event.Source is { } source)
            fields[next++] = new(s_source, source);
        if (@event.PartitionKey is { } partitionKey)
            fields[next++] = new(s_partitionKey, partitionKey);
        if (@event.Attributes is { } attributes)
            fields[next] = new(s_attributes, attributes);
        return fields;
    }

    /// <summary>Reads an entry; false, with the reason, when it is not an event.</summary>
    public static bool TryRead(string entryId, ReadOnlySpan<NameValueEntry> fields, out StreamEvent? @event, out string? problem)
    {
        (@event, problem) = (null, null);
        RedisValue id = default, type = default, data = default, timestamp = default, correlationId = default;
        RedisValue traceParent = default, tenant = default, source = default, partitionKey = default, attributes = default;
        foreach (ref readonly var field in fields)
        {
            var name = field.Name;
            if (name == s_data) data = field.Value;
            else if (name == s_id) id = field.Value;
            else if (name == s_type) type = field.Value;
            else if (name == s_timestamp) timestamp = field.Value;
            else if (name == s_correlationId) correlationId = field.Value;
            else if (name == s_traceParent) traceParent = field.Value;
            else if (name == s_tenant) tenant = field.Value;
            else if (name == s_source) source = field.Value;
            else if (name == s_partitionKey) partitionKey = field.Value;
            else if (name == s_attributes) attributes = field.Value;
        }

        if (type.IsNullOrEmpty)
            problem = "the field event_type is missing or empty";
        else if (data.IsNull)
            problem = "the field data is missing";
        else if (!JsonText.IsStorable((ReadOnlyMemory<byte>)data, out var fault))
            problem = $"the field data is not JSON that can be stored: {fault}";
        else if (!attributes.IsNull && !JsonText.IsStorable((ReadOnlyMemory<byte>)attributes, out fault))
            problem = $"the field attributes is not JSON that can be stored: {fault}";
        if (problem is not null)
            return false;

        @event = new StreamEvent
        {
            Id = IdOf(id, timestamp, entryId),
            Type = type!,
            Data = data,
            CorrelationId = correlationId,
            TraceParent = traceParent,
            Tenant = tenant,
            Source = source,
            PartitionKey = partitionKey,
            Attributes = attributes.IsNull ? default(ReadOnlyMemory<byte>?) : attributes,
        };
        return true;
    }

    /// <summary>
    /// A UUIDv7 stays as it is. The first bus wrote other identifiers; such an entry gets a UUIDv7 made of its time, its id and its
    /// place in the stream alone, so that every delivery of it gives the same one.
    /// </summary>
    private static Guid IdOf(RedisValue id, RedisValue timestamp, string entryId)
    {
        if (Guid.TryParse((string?)id, out var parsed) && UuidV7.TryGetTime(parsed, out _))
            return parsed;

        var name = Encoding.UTF8.GetBytes($"{entryId}\n{id}\n{timestamp}");
        var milliseconds = long.TryParse(entryId.AsSpan(0, Math.Max(0, entryId.IndexOf('-'))), NumberStyles.None, CultureInfo.InvariantCulture, out var ms)
            ? Math.Clamp(ms, 0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
            : 0;
        return UuidV7.FromName(milliseconds, name);
    }
}
