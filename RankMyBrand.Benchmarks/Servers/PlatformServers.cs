using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using RankMyBrand.AppHost;
using RankMyBrand.Foundation.Data;
using StackExchange.Redis;

namespace RankMyBrand.Benchmarks.Servers;

/// <summary>The platform's Redis and PostgreSQL for this program alone: on free ports, without the data of other runs.</summary>
internal sealed class PlatformServers : IAsyncDisposable
{
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly Dictionary<string, DistributedApplication> _apps = new(StringComparer.Ordinal);

    /// <summary>
    /// A Redis with the settings of the platform's <c>redis</c>, empty. Benchmarks run one after the other, so it is theirs.
    /// </summary>
    public async Task<ConfigurationOptions> RedisAsync(CancellationToken cancellationToken)
    {
        var options = ConfigurationOptions.Parse(await ConnectionStringAsync("redis", cancellationToken));
        options.AllowAdmin = true;
        await using var redis = await ConnectionMultiplexer.ConnectAsync(options);
        await redis.GetServers()[0].FlushAllDatabasesAsync();
        return options;
    }

    /// <summary>The connection string of a new database that has the Foundation's schema.</summary>
    public async Task<string> DatabaseAsync(CancellationToken cancellationToken)
    {
        var server = await ConnectionStringAsync("postgres", cancellationToken);
        var name = $"benchmark_{Guid.NewGuid():N}";
        await using (var connection = new NpgsqlConnection(server))
        {
            await connection.OpenAsync(cancellationToken);
            await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }

        var connectionString = new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
        await using var database = NpgsqlDataSource.Create(connectionString);
        await new Migrator(
            database, Migration.FromAssembly(typeof(Migration).Assembly), NullLogger<Migrator>.Instance).MigrateAsync(cancellationToken);
        return connectionString;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _apps.Values)
            await app.DisposeAsync();
        _starting.Dispose();
    }

    /// <summary>Each server is an application of its own: it starts when the first benchmark asks, and not for others.</summary>
    private async Task<string> ConnectionStringAsync(string resource, CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (!_apps.TryGetValue(resource, out var app))
                _apps.Add(resource, app = await StartAsync(resource, cancellationToken));
            return (await app.GetConnectionStringAsync(resource, cancellationToken))!;
        }
        finally
        {
            _starting.Release();
        }
    }

    private static async Task<DistributedApplication> StartAsync(string resource, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(s_startTimeout);
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.Services.AddLogging(logging => logging.ClearProviders());
        if (resource == "postgres")
            builder.AddPostgres("postgres").WithImage("timescale/timescaledb", "2.27.0-pg17");
        else
            // The platform's redis, but for its snapshots: they would fall into one round and not into another.
            builder.AddRedis("redis").WithServerOptions("--appendonly yes --appendfsync always --maxmemory-policy noeviction");
        var app = await builder.BuildAsync(timeout.Token);
        await app.StartAsync(timeout.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync(resource, timeout.Token);
        return app;
    }
}
