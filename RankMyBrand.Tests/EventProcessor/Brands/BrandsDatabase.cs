using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using RankMyBrand.EventProcessor.Brands;
using RankMyBrand.Foundation.Data;

[assembly: AssemblyFixture(typeof(RankMyBrand.Tests.EventProcessor.Brands.BrandsDatabase))]

namespace RankMyBrand.Tests.EventProcessor.Brands;

/// <summary>A PostgreSQL server with TimescaleDB, started once; every test gets a database of its own in it.</summary>
public sealed class BrandsDatabase : IAsyncLifetime
{
    private DistributedApplication? _app;
    private string _server = "";

    /// <summary>How the sums by the minute are kept.</summary>
    public enum Flavour
    {
        /// <summary>PostgreSQL alone: plain tables.</summary>
        Plain,

        /// <summary>TimescaleDB as it is installed here.</summary>
        Timescale,

        /// <summary>
        /// A view in place of the continuous aggregate of the licensed edition, which the servers of Debian do not have: same name, same
        /// columns, maintained by the database.
        /// </summary>
        View,
    }

    public async ValueTask InitializeAsync()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddPostgres("brands-postgres").WithImage("timescale/timescaledb", "2.27.0-pg17");
        _app = await builder.BuildAsync();
        await _app.StartAsync();
        await _app.ResourceNotifications.WaitForResourceHealthyAsync("brands-postgres");
        _server = (await _app.GetConnectionStringAsync("brands-postgres"))!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }

    /// <summary>Makes a database with the tables of the pipeline.</summary>
    internal async Task<NpgsqlDataSource> CreateAsync(Flavour flavour, CancellationToken cancellationToken)
    {
        var name = $"brands_{Guid.NewGuid():N}";
        await using (var server = NpgsqlDataSource.Create(_server))
        await using (var create = server.CreateCommand($"CREATE DATABASE {name}"))
            await create.ExecuteNonQueryAsync(cancellationToken);

        var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_server) { Database = name, MaxPoolSize = 20 }.ConnectionString);
        var migrations = Migration.FromAssembly(typeof(VisibilityStore).Assembly).Where(step => flavour is Flavour.Timescale || !step.NeedsTimescale);
        await new Migrator(database, [.. migrations], NullLogger<Migrator>.Instance).MigrateAsync(cancellationToken);
        if (flavour is Flavour.View)
        {
            await using var replace = database.CreateCommand(
                """
                DROP TABLE brand_visibility_1m;
                CREATE VIEW brand_visibility_1m AS
                SELECT tenant_id, brand, time_bucket(INTERVAL '1 minute', created_at) AS minute, count(*) AS responses,
                       count(*) FILTER (WHERE mentions > 0) AS mentioning, sum(mentions) AS mentions,
                       sum(first_position) AS first_position_sum, sum(first_word) AS first_word_sum
                FROM brand_visibility GROUP BY 1, 2, 3
                """);
            await replace.ExecuteNonQueryAsync(cancellationToken);
        }

        return database;
    }
}
