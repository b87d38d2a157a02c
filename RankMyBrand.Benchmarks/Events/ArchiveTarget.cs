using Npgsql;
using RankMyBrand.Benchmarks.Running;

namespace RankMyBrand.Benchmarks.Events;

/// <summary>A database with the archive's hypertable, emptied before each round.</summary>
internal sealed class ArchiveTarget(string connectionString) : IAsyncDisposable
{
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(connectionString);

    public string ConnectionString => connectionString;

    public static async Task<ArchiveTarget> CreateAsync(BenchmarkRun run, CancellationToken cancellationToken) =>
        new(await run.Servers.DatabaseAsync(cancellationToken));

    /// <summary>Gives the columns PostgreSQL's own compression method back.</summary>
    public Task UseDefaultCompressionAsync(CancellationToken cancellationToken) => ExecuteAsync(
        "ALTER TABLE events ALTER event_data SET COMPRESSION default, ALTER metadata SET COMPRESSION default", cancellationToken);

    /// <summary>
    /// Removes all rows; and writes out what the round before left in memory, so that it does not fall into the next one.
    /// </summary>
    public Task EmptyAsync(CancellationToken cancellationToken) => ExecuteAsync("TRUNCATE events; CHECKPOINT", cancellationToken);

    /// <summary>Fails when the table has another number of rows of a stream than it must have.</summary>
    public async Task RequireRowsAsync(string stream, long expected, CancellationToken cancellationToken)
    {
        await using var command = _database.CreateCommand("SELECT count(*) FROM events WHERE stream_id = $1");
        command.Parameters.Add(new() { Value = stream });
        var rows = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        if (rows != expected)
            throw new InvalidOperationException($"The archive has {rows} rows of {expected} events.");
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellationToken);
        foreach (var statement in sql.Split("; "))
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
