using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Docs.Examples.Data;
using RankMyBrand.Tests.Docs.Examples.EventSourcing;
using RankMyBrand.Tests.Foundation.Events;
using RankMyBrand.Tests.Foundation.Events.Consuming;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Docs;

/// <summary>The examples of the schema, of event sourcing, outbox and inbox do what their pages say.</summary>
public sealed class DatabaseExamplesTests(Servers servers, SourcingDatabase sourcing) : IClassFixture<SourcingDatabase>
{
    private readonly StreamId _stream = new("acme", $"brand-{Guid.NewGuid()}");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Data_AServiceWithTables_BringsThemAndStoresAnEventOnce()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["ConnectionStrings:rankmybrand"] = await servers.CreateEmptyDatabaseAsync();
        Examples.Data.Example.AddTo(builder);
        // Whoever asks again brings more, and nothing runs twice.
        builder.AddMigrations();
        using var host = builder.Build();
        await host.StartAsync(Cancellation);
        var database = host.Services.GetRequiredService<NpgsqlDataSource>();
        const string IsBegun = "SELECT count(*) FROM pg_class WHERE relname = 'schema_migrations'";
        await Eventually.TrueAsync(async () => await CountAsync(database, IsBegun) == 1
            && await CountAsync(database, "SELECT count(*) FROM schema_migrations WHERE version = 201") == 1);
        var answer = SourcingDatabase.NewEvent();

        await host.Services.GetRequiredService<WordCounts>().SaveAsync(answer, 3, Cancellation);
        await host.Services.GetRequiredService<WordCounts>().SaveAsync(answer, 3, Cancellation);

        Assert.Equal(1, await CountAsync(database, "SELECT count(*) FROM word_counts"));
        Assert.Equal(1, await CountAsync(
            database, "SELECT count(*) FROM timescaledb_information.hypertables WHERE hypertable_name = 'word_counts'"));
        await host.StopAsync(Cancellation);
    }

    [Fact]
    public async Task EventSourcing_AnAggregate_IsReadAndAppendedTo()
    {
        var id = Guid.NewGuid().ToString();

        await Examples.EventSourcing.Example.RenameAsync(sourcing.Streams, "acme", id, Cancellation);

        var read = Assert.Single(await sourcing.Streams.ReadAsync(new("acme", $"brand-{id}"), 1, Cancellation).ToListAsync(Cancellation));
        Assert.Equal((1, "\"Acme\""), (read.Version, Encoding.UTF8.GetString(read.Event.Data.Span)));
    }

    [Fact]
    public async Task EventSourcing_AppendAndPublish_IsOneTransaction()
    {
        await using var connection = await sourcing.Database.OpenConnectionAsync(Cancellation);
        var outbox = new Outbox(Options.Create(new EventsOptions()), TimeProvider.System);
        var events = SourcingDatabase.NewEvents(2);

        await Examples.EventSourcing.Example.AppendAndPublishAsync(connection, sourcing.Streams, outbox, _stream, 0, events, Cancellation);
        await Assert.ThrowsAsync<VersionConflictException>(() => Examples.EventSourcing.Example.AppendAndPublishAsync(
            connection, sourcing.Streams, outbox, _stream, 7, SourcingDatabase.NewEvents(1), Cancellation));

        Assert.Equal(2, await sourcing.Streams.GetVersionAsync(_stream, Cancellation));
        Assert.Equal(2, await CountAsync(sourcing.Database, "SELECT count(*) FROM outbox WHERE stream = 'actions.recommended'"));
    }

    [Fact]
    public async Task EventSourcing_ATransactionThatStaysOpen_IsNamed()
    {
        await using var connection = await sourcing.Database.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await sourcing.Streams.AppendAsync(transaction, _stream, ExpectedVersion.NoStream, SourcingDatabase.NewEvents(1), Cancellation);

        await using var command = sourcing.Database.CreateCommand(Examples.EventSourcing.Example.HoldsTheFeedBack);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);

        Assert.True(await reader.ReadAsync(Cancellation));
        Assert.NotEqual(0, reader.GetInt32(0));
    }

    [Fact]
    public async Task EventSourcing_AnInbox_LetsAnEventHaveItsEffectOnce()
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var handler = new ChargeOnce(sourcing.Database, new Inbox(services.GetRequiredService<IMeterFactory>()));
        var @event = SourcingDatabase.NewEvent();

        await handler.HandleAsync([new Delivery("actions.pending", "1-0", @event, 1)], Cancellation);
        await handler.HandleAsync([new Delivery("actions.pending", "1-0", @event, 2)], Cancellation);

        Assert.Equal([@event.Id], handler.Charged);
    }

    private static async Task<long> CountAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
