using System.Text;
using Npgsql;

namespace RankMyBrand.Foundation.Events;

/// <summary>The archive of events in PostgreSQL, a hypertable where the server has TimescaleDB.</summary>
public sealed class EventStore(NpgsqlDataSource database)
{
    /// <summary>The tenant of events that name none.</summary>
    public const string DefaultTenant = "default";

    /// <summary>A page is held in memory; large events make it shorter.</summary>
    private const int MaxPageCharacters = 8 * 1024 * 1024;

    /// <summary>Stores events, each once: one that is there already is left as it is. All or none are stored.</summary>
    /// <returns>How many were new.</returns>
    /// <exception cref="PostgresException">The server refused one of them (SQLSTATE class 22) or is away.</exception>
    public async Task<int> SaveAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
    {
        // At its first delivery an event is new, with few exceptions: a lost reply had it published or stored before.
        if (deliveries.All(static delivery => delivery is { Attempt: 1, IsReplay: false })
            && await EventWriter.TryCopyAsync(database, deliveries, cancellationToken))
        {
            return deliveries.Count;
        }

        return await EventWriter.MergeAsync(database, deliveries, cancellationToken);
    }

    /// <summary>Reads a page of a stream's events.</summary>
    public async Task<EventPage> ReadAsync(EventQuery query, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(TextOf(query));
        command.Parameters.Add(new() { Value = query.Stream });
        command.Parameters.Add(new() { Value = query.Tenant ?? DefaultTenant });
        command.Parameters.Add(new() { Value = query.Limit + 1 });
        if (query.From is { } from)
            command.Parameters.Add(new() { Value = from.ToUniversalTime() });
        if (query.To is { } to)
            command.Parameters.Add(new() { Value = to.ToUniversalTime() });
        if (query.Type is { } type)
            command.Parameters.Add(new() { Value = type });
        if (query.After is { } after)
        {
            command.Parameters.Add(new() { Value = UuidV7.TimeOf(after) });
            command.Parameters.Add(new() { Value = after });
        }

        var (items, characters) = (new List<StoredEvent>(), 0);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            // One more than the page holds tells that there is a next one.
            if (items.Count == query.Limit || characters >= MaxPageCharacters)
                return new EventPage(items, items[^1].Id);
            items.Add(new StoredEvent(
                reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetFieldValue<DateTimeOffset>(5)));
            characters += items[^1].Data.Length + items[^1].Metadata.Length;
        }

        return new EventPage(items, null);
    }

    private static string TextOf(EventQuery query)
    {
        var sql = new StringBuilder(
            "SELECT id, stream_id, event_type, event_data, metadata, created_at FROM events WHERE stream_id = $1 AND tenant_id = $2");
        var next = 4;
        if (query.From is not null)
            sql.Append($" AND created_at >= ${next++}");
        if (query.To is not null)
            sql.Append($" AND created_at < ${next++}");
        if (query.Type is not null)
            sql.Append($" AND event_type = ${next++}");
        if (query.After is not null)
        {
            // The first condition is what the chunks understand: those that the pages before have passed are left alone.
            var beyond = query.Ascending ? '>' : '<';
            sql.Append($" AND created_at {beyond}= ${next} AND (created_at, id) {beyond} (${next}, ${next + 1})");
        }

        var direction = query.Ascending ? "ASC" : "DESC";
        return sql.Append($" ORDER BY created_at {direction}, id {direction} LIMIT $3").ToString();
    }
}
