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
    public const int MinFields = 5;
    public const int MaxFields = 10;

    private static readonly RedisValue s_id = "event_id"u8.ToArray();
    private static readonly RedisValue s_type = "event_type"u8.ToArray();
    private static readonly RedisValue s_data = "data"u8.ToArray();
    private static readonly RedisValue s_timestamp = "timestamp"u8.ToArray();
    private static readonly RedisValue s_correlationId = "correlation_id"u8.ToArray();
    private static readonly RedisValue s_traceParent = "traceparent"u8.ToArray();
    private static readonly RedisValue s_tenant = "tenant"u8.ToArray();
    private static readonly RedisValue s_source = "source"u8.ToArray();
    private static readonly RedisValue s_partitionKey = "partition_key"u8.ToArray();
    private static readonly RedisValue s_attributes = "attributes"u8.ToArray();

    /// <summary>How many fields the entry of an event has.</summary>
    public static int CountFields(StreamEvent @event) => MinFields
        + (@event.TraceParent is null ? 0 : 1)
        + (@event.Tenant is null ? 0 : 1)
        + (@event.Source is null ? 0 : 1)
        + (@event.PartitionKey is null ? 0 : 1)
        + (@event.Attributes is null ? 0 : 1);

    /// <summary>How many bytes the values of an entry have.</summary>
    public static long SizeOf(ReadOnlySpan<NameValueEntry> fields)
    {
        long size = 0;
        foreach (ref readonly var field in fields)
            size += field.Value.GetLongByteCount();
        return size;
    }

    /// <summary>About how many bytes the entry of an event has: exact but for letters beyond ASCII outside of its JSON.</summary>
    public static int SizeOf(StreamEvent @event) =>
        @event.Data.Length + (@event.Attributes?.Length ?? 0) + @event.Type.Length + (@event.CorrelationId?.Length ?? 0)
        + (@event.TraceParent?.Length ?? 0) + (@event.Tenant?.Length ?? 0) + (@event.Source?.Length ?? 0)
        + (@event.PartitionKey?.Length ?? 0);

    /// <summary>Fills in the fields of an event, whose id and time are UTF-8 text already.</summary>
    public static void Write(StreamEvent @event, ReadOnlyMemory<byte> id, ReadOnlyMemory<byte> timestamp, NameValueEntry[] fields)
    {
        fields[0] = new(s_id, id);
        fields[1] = new(s_type, @event.Type);
        fields[2] = new(s_data, @event.Data);
        fields[3] = new(s_timestamp, timestamp);
        fields[4] = new(s_correlationId, @event.CorrelationId is { } correlationId ? correlationId : id);
        var next = MinFields;
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
    }

    /// <summary>Reads an entry; false, with the reason, when it is not an event.</summary>
    public static bool TryRead(RedisValue entryId, ReadOnlySpan<NameValueEntry> fields, out StreamEvent? @event, out string? problem)
    {
        (@event, problem) = (null, null);
        RedisValue id = default, type = default, data = default, timestamp = default, correlationId = default;
        RedisValue traceParent = default, tenant = default, source = default, partitionKey = default, attributes = default;
        foreach (ref readonly var field in fields)
        {
            ReadOnlyMemory<byte> name = field.Name;
            switch (name.Span)
            {
                case var one when one.SequenceEqual("event_id"u8): id = field.Value; break;
                case var one when one.SequenceEqual("event_type"u8): type = field.Value; break;
                case var one when one.SequenceEqual("data"u8): data = field.Value; break;
                case var one when one.SequenceEqual("timestamp"u8): timestamp = field.Value; break;
                case var one when one.SequenceEqual("correlation_id"u8): correlationId = field.Value; break;
                case var one when one.SequenceEqual("traceparent"u8): traceParent = field.Value; break;
                case var one when one.SequenceEqual("tenant"u8): tenant = field.Value; break;
                case var one when one.SequenceEqual("source"u8): source = field.Value; break;
                case var one when one.SequenceEqual("partition_key"u8): partitionKey = field.Value; break;
                case var one when one.SequenceEqual("attributes"u8): attributes = field.Value; break;
            }
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

        @event = new StreamEvent(IdOf(id, timestamp, entryId))
        {
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
    private static Guid IdOf(RedisValue id, RedisValue timestamp, RedisValue entryId)
    {
        ReadOnlyMemory<byte> text = id;
        if (Guid.TryParse(text.Span, CultureInfo.InvariantCulture, out var parsed) && UuidV7.TryGetTime(parsed, out _))
            return parsed;

        var name = Encoding.UTF8.GetBytes($"{entryId}\n{id}\n{timestamp}");
        var place = entryId.ToString();
        var milliseconds = long.TryParse(
            place.AsSpan(0, Math.Max(0, place.IndexOf('-'))), NumberStyles.None, CultureInfo.InvariantCulture, out var ms)
            ? Math.Clamp(ms, 0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
            : 0;
        return UuidV7.FromName(milliseconds, name);
    }
}
