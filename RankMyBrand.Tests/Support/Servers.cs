using Aspire.Hosting;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using RankMyBrand.Foundation.Data;
using RankMyBrand.Tests.Support;

[assembly: AssemblyFixture(typeof(Servers))]

namespace RankMyBrand.Tests.Support;

/// <summary>One PostgreSQL and one Redis for the whole run, started by the first test that asks; a fresh database for whoever wants one.</summary>
public sealed class Servers : IAsyncDisposable
{
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _starting = new(1, 1);
    private DistributedApplication? _app;

    /// <summary>The connection string of a new database that has the Foundation's schema.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var connectionString = await CreateEmptyDatabaseAsync();
        await using var database = NpgsqlDataSource.Create(connectionString);
        var migrations = Migration.FromAssembly(typeof(Migration).Assembly);
        await new Migrator(database, migrations, NullLogger<Migrator>.Instance).MigrateAsync(CancellationToken.None);
        return connectionString;
    }

    /// <summary>The connection string of a new database. Its pool stays small, because test classes run side by side.</summary>
    public async Task<string> CreateEmptyDatabaseAsync()
    {
        var server = await ConnectionStringAsync("postgres");
        var name = $"test_{Guid.NewGuid():N}";
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await create.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(server) { Database = name, MaxPoolSize = 16 }.ConnectionString;
    }

    /// <summary>The connection string of Redis. All tests share it: each uses streams of its own.</summary>
    public Task<string> GetRedisAsync() => ConnectionStringAsync("redis");

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        _starting.Dispose();
    }

    private async Task<string> ConnectionStringAsync(string resource)
    {
        var app = await StartAsync();
        return (await app.GetConnectionStringAsync(resource))!;
    }

    private async Task<DistributedApplication> StartAsync()
    {
        await _starting.WaitAsync();
        try
        {
            return _app ??= await StartOnceAsync();
        }
        finally
        {
            _starting.Release();
        }
    }

    private static async Task<DistributedApplication> StartOnceAsync()
    {
        using var timeout = new CancellationTokenSource(s_startTimeout);
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddPostgres("postgres").WithImage("timescale/timescaledb", "2.27.0-pg17");
        builder.AddRedis("redis").WithPersistence();
        var app = await builder.BuildAsync(timeout.Token);
        await app.StartAsync(timeout.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("postgres", timeout.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("redis", timeout.Token);
        return app;
    }
}
