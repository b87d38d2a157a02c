using System.Data;
using Npgsql;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// The database connection of the relay that leads. The lock that makes it the leader belongs to this connection, and so do all reads
/// and removals: with the connection goes the right to use it.
/// </summary>
internal sealed class OutboxSession : IAsyncDisposable
{
    // Any constant will do, as long as it is this product's own: "RMBOUTB" in ASCII.
    private const long LeaderKey = 0x52_4D_42_4F_55_54_42;

    /// <summary>Held shared by transactions that add, and exclusively by a relay that sleeps; see <see cref="RestAsync"/>.</summary>
    public const long SleepKey = LeaderKey + 1;

    // The recursion finds the streams by hopping through the primary key; there are few.
    private const string Streams =
        """
        WITH RECURSIVE streams (stream) AS (
            SELECT min(stream) FROM outbox
            UNION ALL
            SELECT (SELECT min(o.stream) FROM outbox o WHERE o.stream > s.stream) FROM streams s WHERE s.stream IS NOT NULL)
        """;

    private const int MaxBatchBytes = 4 * 1024 * 1024;

    /// <summary>How many events of a stream are counted at most.</summary>
    public const int MaxCounted = 10_000;

    private static readonly TimeSpan s_firstNap = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_shortestWait = TimeSpan.FromMilliseconds(1);

    private readonly NpgsqlConnection _connection;
    private bool _notified;
    private bool _asleep;
    private TimeSpan _nap;

    private OutboxSession(NpgsqlConnection connection)
    {
        _connection = connection;
        // Notifications arrive with the replies of other commands, on the caller's own flow.
        _connection.Notification += (_, _) => _notified = true;
    }

    /// <summary>Takes the lead; null when another relay has it.</summary>
    public static async Task<OutboxSession?> TryLeadAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var session = new OutboxSession(await database.OpenConnectionAsync(cancellationToken));
        var leads = false;
        try
        {
            leads = await session.TryLeadAsync(cancellationToken);
            return leads ? session : null;
        }
        finally
        {
            if (!leads)
                await session.DisposeAsync();
        }
    }

    /// <summary>Reads the oldest events of every stream but some, each stream in its order.</summary>
    public async Task<ILookup<string, OutboxEntry>> ReadAsync(
        int limit, IReadOnlyCollection<string> exceptStreams, CancellationToken cancellationToken)
    {
        _notified = false;
        await using var command = new NpgsqlCommand(
            $"""
            {Streams}
            SELECT e.stream, e.position, e.event_id, e.event_type, e.event_data, e.correlation_id, e.traceparent, e.tenant_id, e.source,
                   e.attributes, e.deduplication_key, greatest(clock_timestamp() - e.added_at, interval '0'),
                   e.partition_key
            FROM streams s CROSS JOIN LATERAL (
                SELECT *, sum(octet_length(event_data)) OVER (ORDER BY position) - octet_length(event_data) AS bytes_before
                FROM (SELECT * FROM outbox WHERE stream = s.stream AND rejected IS NULL ORDER BY position LIMIT $1) oldest) e
            WHERE s.stream <> ALL ($2) AND e.bytes_before < $3
            ORDER BY e.stream, e.position
            """,
            _connection)
        {
            Parameters = { new() { Value = limit }, new() { Value = exceptStreams.ToArray() }, new() { Value = (long)MaxBatchBytes } },
        };
        var entries = new List<OutboxEntry>();
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                entries.Add(Read(reader));
        }

        if (entries.Count > 0)
            await WakeAsync(cancellationToken);
        return entries.ToLookup(entry => entry.Stream, StringComparer.Ordinal);
    }

    /// <summary>Removes events that have been published.</summary>
    public async Task RemoveAsync(string stream, long[] positions, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("DELETE FROM outbox WHERE stream = $1 AND position = ANY ($2)", _connection)
        {
            Parameters = { new() { Value = stream }, new() { Value = positions } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Puts an event aside that its stream will never take, so that the others can pass.</summary>
    public async Task RejectAsync(OutboxEntry entry, string reason, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("UPDATE outbox SET rejected = $3 WHERE stream = $1 AND position = $2", _connection)
        {
            Parameters = { new() { Value = entry.Stream }, new() { Value = entry.Position }, new() { Value = reason } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Counts what waits: for each stream the events, those put aside, and the age of the oldest. It counts no further than
    /// <see cref="MaxCounted"/>: while a long outage fills the outbox, looking at all of it would keep the relay from emptying it.
    /// </summary>
    public async Task<IReadOnlyList<OutboxLag>> MeasureAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            {Streams}
            SELECT s.stream, waiting.count, aside.count, coalesce(greatest(clock_timestamp() - waiting.since, interval '0'), interval '0')
            FROM streams s
            CROSS JOIN LATERAL (
                SELECT count(*), min(added_at) AS since
                FROM (SELECT added_at FROM outbox WHERE stream = s.stream AND rejected IS NULL ORDER BY position LIMIT $1) oldest) waiting
            CROSS JOIN LATERAL (
                SELECT count(*) FROM (SELECT FROM outbox WHERE stream = s.stream AND rejected IS NOT NULL LIMIT $1) marked) aside
            WHERE s.stream IS NOT NULL
            """,
            _connection)
        {
            Parameters = { new() { Value = MaxCounted } },
        };
        var lags = new List<OutboxLag>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            lags.Add(new OutboxLag(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetTimeSpan(3)));
        return lags;
    }

    /// <summary>
    /// Waits, after a read that found nothing, until there may be something again, but not longer than <paramref name="limit"/>. Commits
    /// that notify take turns in PostgreSQL, so a transaction notifies only when the relay sleeps: when it cannot share the lock. A relay
    /// cannot sleep while a transaction shares it; until then it naps, each time for longer.
    /// </summary>
    public async Task RestAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        if (!_asleep)
        {
            _asleep = await TryLockAsync(SleepKey, cancellationToken);
            // What was committed before this lock needs another read; what is committed after it notifies.
            if (_asleep)
                return;
            _nap = _nap == TimeSpan.Zero ? s_firstNap : _nap * 2;
            limit = _nap < limit ? _nap : limit;
        }

        // Npgsql counts whole milliseconds, and none of them mean forever.
        if (!_notified)
            await _connection.WaitAsync(limit < s_shortestWait ? s_shortestWait : limit, cancellationToken);
    }

    /// <summary>Gives up the lead at once: in the pool, the connection would keep the lock until somebody uses it.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_connection.State is ConnectionState.Open)
                await ExecuteAsync("SELECT pg_advisory_unlock_all(); UNLISTEN *", CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // In an unknown state it must not be used again; closing it frees the lock as well.
            NpgsqlConnection.ClearPool(_connection);
        }

        await _connection.DisposeAsync();
    }

    private async Task<bool> TryLeadAsync(CancellationToken cancellationToken)
    {
        if (!await TryLockAsync(LeaderKey, cancellationToken))
            return false;
        // A leader whose machine vanished must not keep the lock for the two hours that TCP would wait.
        await ExecuteAsync(
            $"""
            SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 30000;
            LISTEN {Outbox.Channel}
            """,
            cancellationToken);
        return true;
    }

    private async Task<bool> TryLockAsync(long key, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT pg_try_advisory_lock({key})", _connection);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private async Task WakeAsync(CancellationToken cancellationToken)
    {
        _nap = TimeSpan.Zero;
        if (_asleep)
            await ExecuteAsync($"SELECT pg_advisory_unlock({SleepKey})", cancellationToken);
        _asleep = false;
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static OutboxEntry Read(NpgsqlDataReader reader)
    {
        var id = reader.GetGuid(2);
        var @event = new StreamEvent
        {
            Id = id,
            Type = reader.GetString(3),
            Data = reader.GetFieldValue<byte[]>(4),
            CorrelationId = reader.TextOrNull(5),
            TraceParent = reader.TextOrNull(6),
            Tenant = reader.TextOrNull(7),
            Source = reader.TextOrNull(8),
            Attributes = reader.IsDBNull(9) ? default(ReadOnlyMemory<byte>?) : reader.GetFieldValue<byte[]>(9),
            // Whoever publishes it again, after a crash, is told that it is there already.
            DeduplicationKey = reader.TextOrNull(10) ?? id.ToString(),
            PartitionKey = reader.TextOrNull(12),
        };
        return new OutboxEntry(reader.GetString(0), reader.GetInt64(1), @event, reader.GetTimeSpan(11));
    }
}
