using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace RankMyBrand.Foundation.Events;

/// <summary>One append: a single statement moves the stream's version, which is also its lock, and adds the events.</summary>
internal sealed class Append
{
    // Only an appender that finds the stream as expected moves it. The update waits for one that is moving it now, then looks again.
    private const string MoveExact =
        "UPDATE sourced_streams SET version = version + $3 WHERE tenant_id = $1 AND stream = $2 AND version = $4 RETURNING version";

    private const string MoveNew =
        "INSERT INTO sourced_streams (tenant_id, stream, version) SELECT $1, $2, $3 WHERE $4 = 0 ON CONFLICT DO NOTHING RETURNING version";

    private const string MoveAny =
        """
        INSERT INTO sourced_streams (tenant_id, stream, version) SELECT $1, $2, $3 WHERE $4 = -1
        ON CONFLICT (tenant_id, stream) DO UPDATE SET version = sourced_streams.version + $3 RETURNING version
        """;

    private const string Add =
        """
        INSERT INTO sourced_events (
            tenant_id, stream, version, event_id, event_type, event_data, correlation_id, traceparent, source, attributes, transaction_id)
        SELECT $1, $2, head.version - $3 + e.ordinality, e.id, e.type, e.data, e.correlation_id, e.traceparent, e.source, e.attributes,
               (SELECT transaction_offset FROM sourced_clock) + pg_current_xact_id()::text::bigint
        FROM head, unnest($5::uuid[], $6::text[], $7::json[], $8::text[], $9::text[], $10::text[], $11::json[])
             WITH ORDINALITY AS e (id, type, data, correlation_id, traceparent, source, attributes, ordinality)
        ORDER BY e.ordinality
        """;

    private const string Savepoint = "sourced_append";

    private readonly StreamId _stream;
    private readonly ExpectedVersion _expected;
    private readonly IReadOnlyList<StreamEvent> _events;

    public Append(StreamId stream, ExpectedVersion expected, IReadOnlyList<StreamEvent> events)
    {
        (_stream, _expected, _events) = (stream, expected, events);
        if (events.Count == 0)
            throw new ArgumentException($"There are no events to append to the stream '{stream}'.", nameof(events));
        if (events.Select(@event => @event.Id).Distinct().Count() != events.Count)
            throw new ArgumentException($"Two of the events to append to the stream '{stream}' have the same id.", nameof(events));
        foreach (var @event in events)
        {
            EventCheck.RequireJson(@event);
            if (@event.Tenant is { } tenant && tenant != stream.Tenant)
            {
                throw new ArgumentException(
                    $"The event {@event.Id} belongs to the tenant '{tenant}', the stream '{stream}' to another.", nameof(events));
            }
        }
    }

    /// <summary>Appends. A given transaction is left usable when it throws a conflict.</summary>
    public async Task<AppendResult> ExecuteAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        try
        {
            await using var batch = CreateBatch(connection, transaction);
            if (await batch.ExecuteScalarAsync(cancellationToken) is long last)
                return new AppendResult(last - _events.Count + 1, last, IsDuplicate: false);
        }
        catch (PostgresException e) when (e is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "sourced_events_once" })
        {
            // One of the events is in the stream already; where, tells whether this is a repetition.
            if (transaction is not null)
                await transaction.RollbackAsync(Savepoint, cancellationToken);
        }

        return await ExplainAsync(connection, cancellationToken);
    }

    private NpgsqlBatch CreateBatch(NpgsqlConnection connection, NpgsqlTransaction? transaction)
    {
        var batch = new NpgsqlBatch(connection, transaction);
        if (transaction is not null)
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"SAVEPOINT {Savepoint}"));
        batch.BatchCommands.Add(CreateCommand());
        if (transaction is not null)
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"RELEASE {Savepoint}"));
        return batch;
    }

    private NpgsqlBatchCommand CreateCommand()
    {
        var move = _expected.IsAny ? MoveAny : _expected.Value == 0 ? MoveNew : MoveExact;
        return new NpgsqlBatchCommand($"WITH head AS ({move}), added AS ({Add}) SELECT version FROM head")
        {
            Parameters =
            {
                new() { Value = _stream.Tenant },
                new() { Value = _stream.Name },
                new() { Value = (long)_events.Count },
                new() { Value = _expected.Value },
                new() { Value = Column(@event => @event.Id) },
                new() { Value = Column(@event => @event.Type) },
                JsonColumn(@event => Encoding.UTF8.GetString(@event.Data.Span)),
                new() { Value = Column(@event => @event.CorrelationId) },
                new() { Value = Column(@event => @event.TraceParent) },
                new() { Value = Column(@event => @event.Source) },
                JsonColumn(@event => @event.Attributes is { } attributes ? Encoding.UTF8.GetString(attributes.Span) : null),
            },
        };
    }

    private T[] Column<T>(Func<StreamEvent, T> select) => [.. _events.Select(select)];

    private NpgsqlParameter JsonColumn(Func<StreamEvent, string?> select) =>
        new() { Value = Column(select), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Json };

    /// <summary>Nothing was appended: the same events are there already, or the stream is not as expected.</summary>
    private async Task<AppendResult> ExplainAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (actual, found) = await FindAsync(connection, cancellationToken);
        var start = _expected.IsAny && found.Count > 0 ? found.Min(pair => pair.Value) : _expected.Value + 1;
        var isRepetition = found.Count == _events.Count
            && _events.Index().All(item => found[item.Item.Id] == start + item.Index);
        if (isRepetition)
            return new AppendResult(start, start + _events.Count - 1, IsDuplicate: true);

        var first = found.OrderBy(pair => pair.Value).FirstOrDefault();
        var detail = found.Count == 0 ? null : $"; it holds the event {first.Key} as version {first.Value}";
        throw new VersionConflictException(_stream, _expected, actual, detail);
    }

    private async Task<(long Actual, Dictionary<Guid, long> Found)> FindAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT s.version, e.event_id, e.version
            FROM sourced_streams s
            LEFT JOIN sourced_events e ON e.tenant_id = s.tenant_id AND e.stream = s.stream AND e.event_id = ANY ($3)
            WHERE s.tenant_id = $1 AND s.stream = $2
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = _stream.Tenant },
                new() { Value = _stream.Name },
                new() { Value = Column(@event => @event.Id) },
            },
        };
        var (actual, found) = (0L, new Dictionary<Guid, long>());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            actual = reader.GetInt64(0);
            if (!await reader.IsDBNullAsync(1, cancellationToken))
                found.Add(reader.GetGuid(1), reader.GetInt64(2));
        }

        return (actual, found);
    }
}
