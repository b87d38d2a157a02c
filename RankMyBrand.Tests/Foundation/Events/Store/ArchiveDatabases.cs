using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using RankMyBrand.Foundation.Data;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>How a server keeps the archive.</summary>
public enum ArchiveKind
{
    /// <summary>A hypertable, on a server with TimescaleDB.</summary>
    Hypertable,

    /// <summary>A plain table, on any PostgreSQL.</summary>
    Plain,
}

/// <summary>A fresh database of each kind, shared by the tests of a class.</summary>
public sealed class ArchiveDatabases(Servers servers) : IAsyncLifetime
{
    private readonly Dictionary<ArchiveKind, NpgsqlDataSource> _databases = [];

    public NpgsqlDataSource this[ArchiveKind kind] => _databases[kind];

    public static StreamEvent NewEvent(string data = "{}", DateTimeOffset? createdAt = null) => new()
    {
        Id = createdAt is { } time ? UuidV7.FromName(time.ToUnixTimeMilliseconds(), Guid.NewGuid().ToByteArray()) : UuidV7.Next(),
        Type = "audit.completed",
        Data = Encoding.UTF8.GetBytes(data),
    };

    public static Delivery Deliver(StreamEvent @event, string stream, int attempt = 1) => new(stream, "1763683200000-7", @event, attempt);

    /// <summary>A name that no other test uses.</summary>
    public static string NewStream() => $"archive.{Guid.NewGuid():N}";

    public async Task<long> CountAsync(ArchiveKind kind, string stream)
    {
        await using var command = _databases[kind].CreateCommand("SELECT count(*) FROM events WHERE stream_id = $1");
        command.Parameters.Add(new() { Value = stream });
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    public async ValueTask InitializeAsync()
    {
        foreach (var kind in Enum.GetValues<ArchiveKind>())
        {
            var database = NpgsqlDataSource.Create(await servers.CreateEmptyDatabaseAsync());
            _databases.Add(kind, database);
            var migrations = Migration.FromAssembly(typeof(Migration).Assembly).Where(step => kind is ArchiveKind.Hypertable || !step.NeedsTimescale);
            await new Migrator(database, [.. migrations], NullLogger<Migrator>.Instance).MigrateAsync(TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases.Values)
            await database.DisposeAsync();
    }
}
