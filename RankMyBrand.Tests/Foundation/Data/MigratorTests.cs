using Aspire.Hosting;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using RankMyBrand.Foundation.Data;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Data;

public sealed class MigratorTests
{
    private static readonly IReadOnlyList<Migration> s_migrations = Migration.FromAssembly(typeof(Migration).Assembly);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("timescale/timescaledb", "2.27.0-pg17", true)]
    [InlineData("postgres", "17", false)]
    public async Task Migrate_ByThreeInstancesAtOnce_AppliesEachStepOnce(string image, string tag, bool hasTimescale)
    {
        await using var server = await StartAsync(image, tag);
        await using var database = NpgsqlDataSource.Create((await server.GetConnectionStringAsync("postgres", Cancellation))!);
        var log = new LogLines<Migrator>();

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => new Migrator(database, s_migrations, log).MigrateAsync(Cancellation)));

        Assert.Equal(
            hasTimescale ? s_migrations.Count : s_migrations.Count(migration => !migration.NeedsTimescale),
            await CountAsync(database, "SELECT count(*) FROM schema_migrations"));
        Assert.Equal(hasTimescale ? 1 : 0, await CountAsync(
            database,
            hasTimescale
                ? "SELECT count(*) FROM timescaledb_information.hypertables WHERE hypertable_name = 'events'"
                : "SELECT 0::bigint"));
        Assert.Equal(
            hasTimescale ? 0 : 3,
            log.Lines.Count(line => line.Contains("has no TimescaleDB: events go to a plain table", StringComparison.Ordinal)));
        Assert.Equal(0, await CountAsync(database, "SELECT count(*) FROM events"));
    }

    [Fact]
    public async Task Migrate_FailureOrChange_SaysWhichStepAndKeepsTheRest()
    {
        await using var server = await StartAsync("postgres", "17");
        await using var database = NpgsqlDataSource.Create((await server.GetConnectionStringAsync("postgres", Cancellation))!);
        var good = new Migration(1, "good", NeedsTimescale: false, "CREATE TABLE good (id int)");
        var bad = new Migration(2, "bad", NeedsTimescale: false, "CREATE TABLE half (id int); SELECT 1/0");

        var failed = await Assert.ThrowsAsync<MigrationException>(
            () => new Migrator(database, [good, bad], new LogLines<Migrator>()).MigrateAsync(Cancellation));
        var changed = await Assert.ThrowsAsync<MigrationException>(() =>
            new Migrator(database, [good with { Sql = "SELECT 1" }], new LogLines<Migrator>()).MigrateAsync(Cancellation));
        var taken = await Assert.ThrowsAsync<MigrationException>(() =>
            new Migrator(database, [good with { Name = "other" }], new LogLines<Migrator>()).MigrateAsync(Cancellation));

        Assert.Equal("Migration 0002_bad failed and was rolled back: division by zero (SQLSTATE 22012).", failed.Message);
        Assert.StartsWith("Migration 0001_good was changed after this database had applied it.", changed.Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "Migration 0001_other cannot be applied: this database has applied 0001_good.", taken.Message, StringComparison.Ordinal);
        Assert.Equal(1, await CountAsync(database, "SELECT count(*) FROM schema_migrations"));
        Assert.Equal(0, await CountAsync(database, "SELECT count(*) FROM pg_class WHERE relname = 'half'"));
    }

    [Fact]
    public async Task Migrate_StepOrWaitThatTakesLong_IsGivenItsTime()
    {
        await using var server = await StartAsync("postgres", "17");
        var settings = await server.GetConnectionStringAsync("postgres", Cancellation);
        await using var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(settings) { CommandTimeout = 1 });
        var slow = new Migration(1, "slow", NeedsTimescale: false, "SELECT pg_sleep(1.5)");

        await Task.WhenAll(
            Enumerable.Range(0, 2).Select(_ => new Migrator(database, [slow], new LogLines<Migrator>()).MigrateAsync(Cancellation)));

        Assert.Equal(1, await CountAsync(database, "SELECT count(*) FROM schema_migrations"));
    }

    [Theory]
    [InlineData("SELECT pg_terminate_backend(pg_backend_pid())", "57P01")]
    [InlineData("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40P01'; END $$", "40P01")]
    public async Task Migrate_ServerGoesAwayMeanwhile_CanBeRepeated(string trouble, string sqlState)
    {
        await using var server = await StartAsync("postgres", "17");
        await using var database = NpgsqlDataSource.Create((await server.GetConnectionStringAsync("postgres", Cancellation))!);
        var step = new Migration(1, "step", NeedsTimescale: false, trouble);

        var away = await Assert.ThrowsAsync<PostgresException>(
            () => new Migrator(database, [step], new LogLines<Migrator>()).MigrateAsync(Cancellation));
        await new Migrator(database, [step with { Sql = "SELECT 1" }], new LogLines<Migrator>()).MigrateAsync(Cancellation);

        Assert.Equal(sqlState, away.SqlState);
        Assert.Equal(1, await CountAsync(database, "SELECT count(*) FROM schema_migrations"));
    }

    [Theory]
    [InlineData("200_words")]
    [InlineData("0200-words")]
    [InlineData("0200_word-counts")]
    [InlineData("0200_words.timescale")]
    public void Of_FileWithAnotherName_IsNotPassedOver(string name)
    {
        var wrong = Assert.Throws<MigrationException>(() => Migration.Of($"RankMyBrand.Words.Migrations.{name}.sql", ""));

        Assert.StartsWith($"The migration RankMyBrand.Words.Migrations.{name}.sql has no name of the form NNNN_name.sql", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Checksum_LineEndsOfWindows_MakeNoDifference()
    {
        var unix = new Migration(1, "step", NeedsTimescale: false, "SELECT 1;\nSELECT 2;\n");

        Assert.Equal(unix.Checksum, (unix with { Sql = unix.Sql.ReplaceLineEndings("\r\n") }).Checksum);
    }

    [Fact]
    public void FromAssemblies_OneVersionTwice_NamesTheMigrations()
    {
        var assembly = typeof(Migration).Assembly;

        var twice = Assert.Throws<MigrationException>(() => Migration.FromAssemblies([assembly, assembly]));

        Assert.Equal("Several migrations have the version 1: 0001_events, 0001_events. Give each a number of its own.", twice.Message);
    }

    private static async Task<DistributedApplication> StartAsync(string image, string tag)
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.Services.AddLogging(logging => logging.ClearProviders());
        builder.AddPostgres("postgres").WithImage(image, tag);
        var app = await builder.BuildAsync(Cancellation);
        await app.StartAsync(Cancellation);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("postgres", Cancellation);
        return app;
    }

    private static async Task<long> CountAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
