using System.Text;
using Npgsql;

namespace RankMyBrand.Foundation.Events;

/// <summary>One page of a longer read.</summary>
internal sealed record SourcedPage(IReadOnlyList<SourcedEvent> Events, bool HasMore);

/// <summary>Reads single pages of sourced events.</summary>
internal static class SourcedEventReader
{
    private const int MaxPageEvents = 500;

    // A page is held in memory; large events make it shorter.
    private const int MaxPageBytes = 8 * 1024 * 1024;

    private const string Columns =
        "tenant_id, stream, version, event_id, event_type, event_data, correlation_id, traceparent, source, attributes, "
        + "transaction_id, position, appended_at";

    public static Task<SourcedPage> ReadForwardAsync(
        NpgsqlDataSource database, StreamId stream, long from, CancellationToken cancellationToken) =>
        ReadAsync(
            database,
            $"""
            SELECT {Columns} FROM sourced_events WHERE tenant_id = $1 AND stream = $2 AND version >= $3
            ORDER BY version LIMIT {MaxPageEvents}
            """,
            [stream.Tenant, stream.Name, from],
            cancellationToken);

    public static Task<SourcedPage> ReadBackwardAsync(
        NpgsqlDataSource database, StreamId stream, long from, CancellationToken cancellationToken) =>
        ReadAsync(
            database,
            $"""
            SELECT {Columns} FROM sourced_events WHERE tenant_id = $1 AND stream = $2 AND version <= $3
            ORDER BY version DESC LIMIT {MaxPageEvents}
            """,
            [stream.Tenant, stream.Name, from],
            cancellationToken);

    /// <summary>
    /// Every transaction below the snapshot's xmin has ended, so no row can appear there any more: what is read is final, and a reader
    /// that goes on from the last row misses nothing.
    /// </summary>
    public static async Task<SourcedPage> ReadAllAsync(
        NpgsqlDataSource database, GlobalPosition after, CancellationToken cancellationToken)
    {
        var page = await ReadAsync(
            database,
            $"""
            SELECT {Columns} FROM sourced_events
            WHERE (transaction_id, position) > ($1, $2)
              AND transaction_id < (SELECT transaction_offset FROM sourced_clock) + pg_snapshot_xmin(pg_current_snapshot())::text::bigint
            ORDER BY transaction_id, position LIMIT {MaxPageEvents}
            """,
            [after.Transaction, after.Sequence],
            cancellationToken);
        if (page.Events.Count == 0)
            await RequireOwnNumbersAsync(database, cancellationToken);
        return page;
    }

    /// <summary>
    /// A row from a transaction that this server has not begun yet came from another server, and would stay unseen for long.
    /// </summary>
    private static async Task RequireOwnNumbersAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT (SELECT max(transaction_id) FROM sourced_events)
                >= (SELECT transaction_offset FROM sourced_clock) + pg_snapshot_xmax(pg_current_snapshot())::text::bigint
            """);
        if (await command.ExecuteScalarAsync(cancellationToken) is true)
        {
            throw new InvalidOperationException(
                "The sourced events carry transaction numbers of another server, because a dump was restored here. "
                + "Stop the services that append, and run: SELECT sourced_events_restored();");
        }
    }

    private static async Task<SourcedPage> ReadAsync(
        NpgsqlDataSource database, string sql, IEnumerable<object> parameters, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(new() { Value = parameter });
        var (events, bytes) = (new List<SourcedEvent>(), 0);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (bytes < MaxPageBytes && await reader.ReadAsync(cancellationToken))
        {
            events.Add(Read(reader));
            bytes += events[^1].Event.Data.Length;
        }

        return new SourcedPage(events, HasMore: events.Count == MaxPageEvents || bytes >= MaxPageBytes);
    }

    private static SourcedEvent Read(NpgsqlDataReader reader)
    {
        var stream = new StreamId(reader.GetString(0), reader.GetString(1));
        var @event = new StreamEvent
        {
            Id = reader.GetGuid(3),
            Type = reader.GetString(4),
            Data = Encoding.UTF8.GetBytes(reader.GetString(5)),
            CorrelationId = reader.TextOrNull(6),
            TraceParent = reader.TextOrNull(7),
            Tenant = stream.Tenant == EventStore.DefaultTenant ? null : stream.Tenant,
            Source = reader.TextOrNull(8),
            Attributes = reader.TextOrNull(9) is { } attributes ? Encoding.UTF8.GetBytes(attributes) : default(ReadOnlyMemory<byte>?),
        };
        return new SourcedEvent(
            stream,
            reader.GetInt64(2),
            new GlobalPosition(reader.GetInt64(10), reader.GetInt64(11)),
            @event,
            reader.GetFieldValue<DateTimeOffset>(12));
    }
}
