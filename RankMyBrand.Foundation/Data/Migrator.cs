using System.Data;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace RankMyBrand.Foundation.Data;

/// <summary>
/// Brings a database to the newest schema. Several instances may start at once: an advisory lock lets one work and the others find it
/// done. Each migration and its record are one transaction.
/// </summary>
public sealed partial class Migrator(NpgsqlDataSource database, IReadOnlyList<Migration> migrations, ILogger<Migrator> logger)
{
    // Any constant will do, as long as it is this product's own: "RMBMIGR" in ASCII.
    private const long LockKey = 0x52_4D_42_4D_49_47_52;

    /// <summary>Applies what has not been applied.</summary>
    /// <exception cref="MigrationException">
    /// A migration failed, was changed since it was applied, or has the version of another one.
    /// </exception>
    /// <exception cref="NpgsqlException">The server is away; what has not been applied can be applied later.</exception>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await ExecuteAsync(connection, $"SELECT pg_advisory_lock({LockKey})", cancellationToken);
        try
        {
            await ExecuteAsync(
                connection,
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    version int PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
                """,
                cancellationToken);
            var applied = await ReadAppliedAsync(connection, cancellationToken);
            var hasTimescale = await EnableTimescaleAsync(connection, cancellationToken);
            if (!hasTimescale)
                LogPlainPostgres(logger);
            foreach (var migration in migrations)
            {
                if (applied.TryGetValue(migration.Version, out var known))
                    RequireSame(migration, known);
                else if (hasTimescale || !migration.NeedsTimescale)
                    await ApplyAsync(connection, migration, cancellationToken);
            }
        }
        finally
        {
            // A session that has broken has given up the lock by itself.
            if (connection.State is ConnectionState.Open)
                await ExecuteAsync(connection, $"SELECT pg_advisory_unlock({LockKey})", CancellationToken.None);
        }
    }

    private async Task ApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await ExecuteAsync(connection, migration.Sql, cancellationToken);
            await using var record = new NpgsqlCommand(
                "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)", connection, transaction)
            {
                Parameters =
                {
                    new() { Value = migration.Version },
                    new() { Value = migration.Name },
                    new() { Value = migration.Checksum },
                },
            };
            await record.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (PostgresException e) when (!IsAway(e))
        {
            throw new MigrationException(
                $"Migration {migration} failed and was rolled back: {e.MessageText} (SQLSTATE {e.SqlState}).", e);
        }

        LogApplied(logger, migration.Version, migration.Name);
    }

    /// <summary>
    /// A server that shuts down (class 57P), or a transaction that had to give way to another one: the step is as good as before.
    /// </summary>
    private static bool IsAway(PostgresException e) => e.IsTransient || e.SqlState.StartsWith("57P", StringComparison.Ordinal);

    /// <summary>True when the server has TimescaleDB. Having its files is not enough: it must be preloaded, or creating it fails.</summary>
    private static async Task<bool> EnableTimescaleAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var probe = new NpgsqlCommand(
            """
            SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
               AND 'timescaledb' = ANY (string_to_array(replace(current_setting('shared_preload_libraries'), ' ', ''), ','))
            """,
            connection);
        if (await probe.ExecuteScalarAsync(cancellationToken) is not true)
            return false;
        await ExecuteAsync(connection, "CREATE EXTENSION IF NOT EXISTS timescaledb", cancellationToken);
        return true;
    }

    private static async Task<Dictionary<int, AppliedMigration>> ReadAppliedAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var applied = new Dictionary<int, AppliedMigration>();
        await using var command = new NpgsqlCommand("SELECT version, name, checksum FROM schema_migrations", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            applied.Add(reader.GetInt32(0), new AppliedMigration(reader.GetString(1), reader.GetString(2)));
        return applied;
    }

    private static void RequireSame(Migration migration, AppliedMigration known)
    {
        if (migration.Name != known.Name)
        {
            throw new MigrationException(
                $"Migration {migration} cannot be applied: this database has applied {migration.Version:0000}_{known.Name}. "
                + "Give it a number that no other service uses.");
        }

        if (migration.Checksum != known.Checksum)
        {
            throw new MigrationException(
                $"Migration {migration} was changed after this database had applied it. "
                + "Restore the file, and put the change into a new migration.");
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        // A step takes as long as its table is large, and waiting for another instance as long as that one's steps.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(200, LogLevel.Information, "Applied migration {Version:0000}_{Name}")]
    private static partial void LogApplied(ILogger logger, int version, string name);

    [LoggerMessage(
        201,
        LogLevel.Warning,
        "This PostgreSQL has no TimescaleDB: events go to a plain table, without chunks and compression. "
        + "Use the image timescale/timescaledb for large volumes")]
    private static partial void LogPlainPostgres(ILogger logger);

    private sealed record AppliedMigration(string Name, string Checksum);
}
