using System.Buffers.Binary;
using Npgsql;

namespace RankMyBrand.Foundation.Events;

/// <summary>The table of events as the server keeps it: a plain one, or chunks of a day each, which go and are compressed as a whole.</summary>
internal sealed class ArchiveTable
{
    private const int BatchSize = 5_000;

    private readonly NpgsqlConnection _connection;
    private readonly bool _hasChunks;

    private ArchiveTable(NpgsqlConnection connection, bool hasChunks, bool canCompress) =>
        (_connection, _hasChunks, CanCompress) = (connection, hasChunks, canCompress);

    /// <summary>True when the server's licence has compression.</summary>
    public bool CanCompress { get; }

    /// <summary>What <see cref="RemoveAsync"/> counts.</summary>
    public string Unit => _hasChunks ? "chunks" : "events";

    public static async Task<ArchiveTable> FindAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var hasTimescale = await AskAsync("SELECT to_regclass('timescaledb_information.hypertables') IS NOT NULL");
        var hasChunks = hasTimescale && await AskAsync(
            "SELECT EXISTS (SELECT FROM timescaledb_information.hypertables WHERE hypertable_schema = current_schema() AND hypertable_name = 'events')");
        var canCompress = hasChunks && await AskAsync("SELECT current_setting('timescaledb.license', true) = 'timescale'");
        return new ArchiveTable(connection, hasChunks, canCompress);

        async Task<bool> AskAsync(string question)
        {
            await using var command = new NpgsqlCommand(question, connection);
            return await command.ExecuteScalarAsync(cancellationToken) is true;
        }
    }

    /// <summary>Removes what was created before a time: whole chunks, or events in small transactions. Returns how many.</summary>
    public async Task<long> RemoveAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        if (_hasChunks)
            return await CountAsync("SELECT count(*) FROM drop_chunks('events', older_than => $1::timestamptz)", before, cancellationToken);

        var removed = 0L;
        for (var batch = BatchSize; batch == BatchSize; removed += batch)
        {
            // The time is the first part of the id, and the primary key is the index that has it first.
            await using var command = new NpgsqlCommand(
                "DELETE FROM events WHERE (id, created_at) IN (SELECT id, created_at FROM events WHERE id < $1 ORDER BY id LIMIT $2)", _connection);
            command.Parameters.Add(new() { Value = LowestIdOf(before) });
            command.Parameters.Add(new() { Value = BatchSize });
            batch = await command.ExecuteNonQueryAsync(cancellationToken);
        }

        return removed;
    }

    /// <summary>Compresses the chunks that end before a time. Returns how many.</summary>
    public async Task<long> CompressAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        // A policy from the table's creation would have another age in mind.
        await using (var prepare = new NpgsqlCommand("SELECT remove_compression_policy('events', if_exists => true)", _connection))
            await prepare.ExecuteNonQueryAsync(cancellationToken);
        return await CountAsync(
            """
            SELECT count(compress_chunk(format('%I.%I', chunk_schema, chunk_name)::regclass)) FROM timescaledb_information.chunks
            WHERE hypertable_schema = current_schema() AND hypertable_name = 'events' AND NOT is_compressed AND range_end <= $1::timestamptz
            """,
            before,
            cancellationToken);
    }

    /// <summary>Runs a statement that needs locks on whole chunks. It waits for them for moments only, since others wait behind it.</summary>
    private async Task<long> CountAsync(string sql, DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var transaction = await _connection.BeginTransactionAsync(cancellationToken);
        await using (var limit = new NpgsqlCommand("SET LOCAL lock_timeout = '5s'", _connection, transaction))
            await limit.ExecuteNonQueryAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, _connection, transaction);
        command.Parameters.Add(new() { Value = before.ToUniversalTime() });
        command.CommandTimeout = 0;
        var count = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        await transaction.CommitAsync(cancellationToken);
        return count;
    }

    private static Guid LowestIdOf(DateTimeOffset time)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BinaryPrimitives.WriteInt64BigEndian(bytes, time.ToUnixTimeMilliseconds() << 16);
        return new Guid(bytes, bigEndian: true);
    }
}
