using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Npgsql;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Replays what the archive holds, by time of creation and, within a millisecond, by id.</summary>
internal sealed partial class StoreReplayReader(NpgsqlDataSource database, ReplayRequest request, ILogger logger) : IReplayReader
{
    /// <summary>A page ends early when its payloads are large.</summary>
    private const int PageBytes = 1024 * 1024;

    /// <summary>How long the count of the events may take; a runner that is silent for longer loses its replay.</summary>
    private const int CountSeconds = 5;

    /// <summary>How long a page may take: what is rare in a large archive is looked for for long.</summary>
    private const int PageSeconds = 600;

    private int _rows = 8;

    public async Task<long?> CountAsync(CancellationToken cancellationToken)
    {
        await using var command = Command("SELECT count(*)", cursor: "", tail: "");
        command.CommandTimeout = CountSeconds;
        try
        {
            return (long?)await command.ExecuteScalarAsync(cancellationToken);
        }
        catch (NpgsqlException e) when (e.InnerException is TimeoutException)
        {
            // Nothing but the progress is told with it.
            return null;
        }
    }

    public async Task<ReplayPage> ReadAsync(string cursor, int limit, CancellationToken cancellationToken)
    {
        // Rows that do not fit into the page are read for nothing.
        _rows = Math.Min(limit, _rows * 2);
        while (true)
        {
            try
            {
                return await ReadAsync(cursor, cancellationToken);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ProgramLimitExceeded)
            {
                // The text of one of them is longer than a text may be: it stands in nobody's way, once it is alone.
                if (_rows == 1)
                    return await StepPastAsync(cursor, e.MessageText, cancellationToken);
                _rows /= 2;
            }
        }
    }

    private async Task<ReplayPage> ReadAsync(string cursor, CancellationToken cancellationToken)
    {
        // The rows are chosen first, so that no others are turned into text.
        await using var command = Command(
            "SELECT id, tenant_id, event_type, event_data::text, metadata::text FROM (SELECT *", cursor,
            $" ORDER BY created_at, id LIMIT {_rows.ToString(CultureInfo.InvariantCulture)}) AS page ORDER BY created_at, id");
        var (entries, last, bytes) = (new List<NameValueEntry[]>(), default(Guid), 0);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (bytes < PageBytes && await reader.ReadAsync(cancellationToken))
        {
            last = reader.GetGuid(0);
            var data = Encoding.UTF8.GetBytes(reader.GetString(3));
            bytes += data.Length;
            entries.Add(Compose(last, reader.GetString(1), reader.GetString(2), data, reader.GetString(4)));
        }

        if (entries.Count == 0)
            return new ReplayPage([], cursor, default);
        if (bytes >= PageBytes)
            _rows = entries.Count;
        return PageUpTo(last, entries);
    }

    private async Task<ReplayPage> StepPastAsync(string cursor, string reason, CancellationToken cancellationToken)
    {
        await using var command = Command("SELECT id", cursor, " ORDER BY created_at, id LIMIT 1");
        var id = (Guid)(await command.ExecuteScalarAsync(cancellationToken))!;
        LogLeftOut(logger, id, request.Stream, reason);
        return PageUpTo(id, []);
    }

    private static ReplayPage PageUpTo(Guid last, IReadOnlyList<NameValueEntry[]> entries) =>
        new(entries, last.ToString("N", CultureInfo.InvariantCulture), UuidV7.TimeOf(last));

    private NpgsqlCommand Command(string select, string cursor, string tail)
    {
        var command = database.CreateCommand();
        command.CommandTimeout = PageSeconds;
        var sql = new StringBuilder(select).Append(" FROM events WHERE stream_id = $1");
        command.Parameters.Add(new() { Value = request.Stream });
        if (request.From is { } from)
            Where("created_at >=", from.ToUniversalTime());
        if (request.To is { } to)
            Where("created_at <", to.ToUniversalTime());
        if (request.Type is { } type)
            Where("event_type =", type);
        if (request.Tenant is { } tenant)
            Where("tenant_id =", tenant);
        if (cursor.Length > 0)
        {
            var after = Guid.ParseExact(cursor, "N");
            // The first condition is what the chunks and the index understand.
            Where("created_at >=", UuidV7.TimeOf(after));
            Where("(created_at, id) >", UuidV7.TimeOf(after), after);
        }

        command.CommandText = sql.Append(tail).ToString();
        return command;

        void Where(string condition, params object[] values)
        {
            foreach (var value in values)
                command.Parameters.Add(new() { Value = value });
            var numbers = Enumerable.Range(command.Parameters.Count - values.Length + 1, values.Length).Select(number => $"${number}");
            sql.Append($" AND {condition} ({string.Join(", ", numbers)})");
        }
    }

    private static NameValueEntry[] Compose(Guid id, string tenant, string type, byte[] data, string metadata)
    {
        using var known = JsonDocument.Parse(metadata, new JsonDocumentOptions { MaxDepth = JsonText.MaxDepth + 1 });
        var @event = new StreamEvent
        {
            Id = id,
            Type = type,
            Data = data,
            Tenant = tenant == EventStore.DefaultTenant ? null : tenant,
            CorrelationId = Text("correlationId"),
            TraceParent = Text("traceparent"),
            Source = Text("source"),
            PartitionKey = Text("partitionKey"),
            Attributes = known.RootElement.TryGetProperty("attributes", out var attributes)
                ? Encoding.UTF8.GetBytes(attributes.GetRawText())
                : default(ReadOnlyMemory<byte>?),
        };
        return [.. EntryFields.Rent().Write(@event), new NameValueEntry(ReplayStream.OriginField, Text("entryId") ?? "")];

        string? Text(string name) => known.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
    }

    [LoggerMessage(166, LogLevel.Error, "The event {Id} of {Stream} is left out of a replay, for PostgreSQL cannot read it: {Reason}")]
    private static partial void LogLeftOut(ILogger logger, Guid id, string stream, string reason);
}
