using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Npgsql;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// The event store of event-sourced aggregates: streams of events with optimistic concurrency, kept for ever in PostgreSQL. (The
/// archive of what was published to Redis is <see cref="EventStore"/>.)
/// </summary>
public sealed class SourcedStreams(NpgsqlDataSource database, IMeterFactory meters)
{
    private readonly SourcingTelemetry _telemetry = new(meters);

    /// <summary>
    /// Appends events in one transaction of their own: all or none. Appending the same events (by id) again at the same place changes
    /// nothing and is answered with their versions, so an append whose answer was lost can be repeated.
    /// </summary>
    /// <exception cref="VersionConflictException">The stream has another version, or holds some of the events elsewhere.</exception>
    /// <exception cref="ArgumentException">
    /// There are no events, an id comes twice, a payload is not JSON, or an event names another tenant.
    /// </exception>
    public async Task<AppendResult> AppendAsync(
        StreamId stream, ExpectedVersion expected, IReadOnlyList<StreamEvent> events, CancellationToken cancellationToken)
    {
        var append = new Append(stream, expected, events);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await _telemetry.MeasureAsync(append, connection, transaction: null, cancellationToken);
    }

    /// <summary>
    /// Appends events in the caller's transaction, for example together with
    /// <see cref="Outbox.AddAsync(NpgsqlTransaction, string, StreamEvent, CancellationToken)"/>. After a conflict
    /// the transaction can go on.
    /// </summary>
    /// <inheritdoc cref="AppendAsync(StreamId, ExpectedVersion, IReadOnlyList{StreamEvent}, CancellationToken)"/>
    public async Task<AppendResult> AppendAsync(
        NpgsqlTransaction transaction,
        StreamId stream,
        ExpectedVersion expected,
        IReadOnlyList<StreamEvent> events,
        CancellationToken cancellationToken)
    {
        var append = new Append(stream, expected, events);
        return await _telemetry.MeasureAsync(append, transaction.OpenConnection(), transaction, cancellationToken);
    }

    /// <summary>The version of a stream: that of its newest event, 0 when it has none.</summary>
    public async Task<long> GetVersionAsync(StreamId stream, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT version FROM sourced_streams WHERE tenant_id = $1 AND stream = $2");
        command.Parameters.Add(new() { Value = stream.Tenant });
        command.Parameters.Add(new() { Value = stream.Name });
        return await command.ExecuteScalarAsync(cancellationToken) as long? ?? 0;
    }

    /// <summary>Reads from a version (inclusive) to the end, oldest first, a page at a time. No connection is held between pages.</summary>
    public IAsyncEnumerable<SourcedEvent> ReadAsync(StreamId stream, long fromVersion = 1, CancellationToken cancellationToken = default) =>
        PageThrough(
            fromVersion,
            (from, token) => SourcedEventReader.ReadForwardAsync(database, stream, from, token),
            last => last.Version + 1,
            cancellationToken);

    /// <summary>
    /// Reads from a version (inclusive) to the beginning, newest first, a page at a time. No connection is held between pages.
    /// </summary>
    public IAsyncEnumerable<SourcedEvent> ReadBackwardAsync(
        StreamId stream, long fromVersion = long.MaxValue, CancellationToken cancellationToken = default) =>
        PageThrough(
            fromVersion,
            (from, token) => SourcedEventReader.ReadBackwardAsync(database, stream, from, token),
            last => last.Version - 1,
            cancellationToken);

    /// <summary>
    /// Reads the events of all streams of all tenants after a position, in one order that never changes: an event that is appended later
    /// is ordered later. It ends at the oldest transaction that is still running, for what that one appends may come before the rest;
    /// call again with the last position to go on.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The database was restored on another server without sourced_events_restored().
    /// </exception>
    public IAsyncEnumerable<SourcedEvent> ReadAllTenantsAsync(GlobalPosition after, CancellationToken cancellationToken = default) =>
        PageThrough(
            after,
            (from, token) => SourcedEventReader.ReadAllAsync(database, from, token),
            last => last.Position,
            cancellationToken);

    /// <summary>Keeps a snapshot. An older one is replaced; one that is older than the kept one is ignored.</summary>
    /// <exception cref="ArgumentException">
    /// The stream does not have that version: the events were not committed (yet), and a state that holds them may never come true.
    /// </exception>
    public async Task SaveSnapshotAsync(StreamId stream, Snapshot snapshot, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            WITH head AS (SELECT version FROM sourced_streams WHERE tenant_id = $1 AND stream = $2),
            saved AS (
                INSERT INTO sourced_snapshots (tenant_id, stream, schema, version, data)
                SELECT $1, $2, $3, $4, $5 FROM head WHERE head.version >= $4
                ON CONFLICT (tenant_id, stream, schema) DO UPDATE SET version = EXCLUDED.version, data = EXCLUDED.data, saved_at = now()
                WHERE sourced_snapshots.version < EXCLUDED.version)
            SELECT version FROM head
            """);
        command.Parameters.Add(new() { Value = stream.Tenant });
        command.Parameters.Add(new() { Value = stream.Name });
        command.Parameters.Add(new() { Value = snapshot.Schema });
        command.Parameters.Add(new() { Value = snapshot.Version });
        command.Parameters.Add(new() { Value = snapshot.Data });
        var version = await command.ExecuteScalarAsync(cancellationToken) as long? ?? 0;
        if (snapshot.Version > version)
        {
            throw new ArgumentException(
                $"The snapshot of the stream '{stream}' has version {snapshot.Version}, but the stream has version {version}. "
                + "Save it after the events are committed.",
                nameof(snapshot));
        }
    }

    /// <summary>The newest snapshot of a stream that has the form <paramref name="schema"/>; null when there is none.</summary>
    public async Task<Snapshot?> LoadSnapshotAsync(StreamId stream, int schema, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT version, data FROM sourced_snapshots WHERE tenant_id = $1 AND stream = $2 AND schema = $3");
        command.Parameters.Add(new() { Value = stream.Tenant });
        command.Parameters.Add(new() { Value = stream.Name });
        command.Parameters.Add(new() { Value = schema });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new Snapshot(reader.GetInt64(0), schema, reader.GetFieldValue<byte[]>(1))
            : null;
    }

    private static async IAsyncEnumerable<SourcedEvent> PageThrough<TPosition>(
        TPosition from,
        Func<TPosition, CancellationToken, Task<SourcedPage>> readPage,
        Func<SourcedEvent, TPosition> next,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await readPage(from, cancellationToken);
            foreach (var @event in page.Events)
                yield return @event;
            if (!page.HasMore)
                yield break;
            from = next(page.Events[^1]);
        }
    }
}
