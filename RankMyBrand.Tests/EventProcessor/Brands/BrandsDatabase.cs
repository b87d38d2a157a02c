using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using RankMyBrand.EventProcessor.Brands;
using RankMyBrand.Foundation.Data;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.EventProcessor.Brands;

/// <summary>Databases with the tables of the brand visibility pipeline.</summary>
public static class BrandsDatabase
{
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

    /// <summary>Makes a database with the tables of the pipeline.</summary>
    internal static async Task<NpgsqlDataSource> CreateAsync(Servers servers, Flavour flavour, CancellationToken cancellationToken)
    {
        var database = NpgsqlDataSource.Create(await servers.CreateEmptyDatabaseAsync());
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
