using Npgsql;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using static RankMyBrand.Tests.Foundation.Events.ArchiveDatabases;

namespace RankMyBrand.Tests.Foundation.Events;

public sealed class EventArchiverTests(ArchiveDatabases databases, Servers servers) : IClassFixture<ArchiveDatabases>
{
    private readonly string _stream = NewStream();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ArchiveKind.Hypertable)]
    [InlineData(ArchiveKind.Plain)]
    public async Task Handle_SomeCannotBeStored_RejectsThoseAndStoresTheOthers(ArchiveKind kind)
    {
        var deliveries = Enumerable.Range(0, 100).Select(number => Deliver(NewEvent($"{number}"), _stream)).ToList();
        deliveries[3] = Deliver(NewEvent() with { Type = "with\0nul" }, _stream);
        deliveries[64] = Deliver(NewEvent() with { CorrelationId = "with\0nul" }, _stream);
        deliveries[99] = Deliver(NewEvent("{broken"), _stream);

        await new EventArchiver(new EventStore(databases[kind]), TimeProvider.System).HandleAsync(deliveries, Token);

        Assert.Equal([3, 64, 99], Enumerable.Range(0, 100).Where(number => deliveries[number].Failed is not null));
        Assert.All([3, 64, 99], number => Assert.True(deliveries[number].Failed!.IsFinal));
        Assert.Contains("SQLSTATE 22", deliveries[64].Failed!.Message, StringComparison.Ordinal);
        Assert.Equal(97, await databases.CountAsync(kind, _stream));
    }

    [Theory]
    [InlineData("ALTER DATABASE {database} SET default_transaction_read_only = on", "25006")]
    [InlineData("ALTER TABLE events ADD CHECK (false)", "23514")]
    public async Task Handle_ServerThatStoresNothing_HasGoodEventsWait(string sabotage, string sqlState)
    {
        var settings = await servers.CreateDatabaseAsync();
        var name = new NpgsqlConnectionStringBuilder(settings).Database!;
        await using (var database = NpgsqlDataSource.Create(settings))
        await using (var command = database.CreateCommand(sabotage.Replace("{database}", name, StringComparison.Ordinal)))
            await command.ExecuteNonQueryAsync(Token);
        await using var sabotaged = NpgsqlDataSource.Create(settings);
        Delivery[] deliveries = [Deliver(NewEvent("1"), _stream), Deliver(NewEvent("2"), _stream)];

        var error = await Assert.ThrowsAnyAsync<Exception>(
            () => new EventArchiver(new EventStore(sabotaged), TimeProvider.System).HandleAsync(deliveries, Token));

        Assert.True(TransientFailure.Is(error), error.ToString());
        Assert.Equal(sqlState, ((error as PostgresException) ?? error.InnerException as PostgresException)?.SqlState);
        Assert.All(deliveries, delivery => Assert.Null(delivery.Failed));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Handle_LateEventsThatDecompressTooMuchTogether_StoresThemInParts(int attempt)
    {
        await using var database = NpgsqlDataSource.Create(await servers.CreateDatabaseAsync());
        // What TimescaleDB's licensed edition does for compressed days, which the servers of Debian do not have.
        await using (var command = database.CreateCommand(
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF (SELECT count(*) FROM events) > 30 THEN
                    RAISE EXCEPTION 'tuple decompression limit exceeded by operation' USING ERRCODE = '53400';
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER refuse AFTER INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse()
            """))
            await command.ExecuteNonQueryAsync(Token);
        var deliveries = Enumerable.Range(0, 40).Select(number => Deliver(NewEvent($"{number}"), _stream, attempt)).ToList();

        var error = await Assert.ThrowsAsync<PostgresException>(
            () => new EventArchiver(new EventStore(database), TimeProvider.System).HandleAsync(deliveries, Token));

        Assert.True(TransientFailure.Is(error));
        Assert.All(deliveries, delivery => Assert.Null(delivery.Failed));
        await using var stored = database.CreateCommand("SELECT count(*) FROM events");
        Assert.Equal(30L, await stored.ExecuteScalarAsync(Token));
    }

    [Fact]
    public async Task Handle_ImpossibleTimes_RejectsThoseAndMakesNoChunks()
    {
        var now = DateTimeOffset.UtcNow;
        DateTimeOffset[] impossible =
        [
            DateTimeOffset.MaxValue, new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero), now.AddDays(1).AddMinutes(1),
            new(2019, 12, 31, 23, 59, 59, TimeSpan.Zero), DateTimeOffset.UnixEpoch,
        ];
        DateTimeOffset[] possible = [now.AddHours(23), now, new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero)];
        var deliveries = impossible.Concat(possible).Select(time => Deliver(NewEvent(createdAt: time), _stream)).ToList();

        await new EventArchiver(new EventStore(databases[ArchiveKind.Hypertable]), TimeProvider.System).HandleAsync(deliveries, Token);

        Assert.All(deliveries.Take(5), delivery => Assert.True(delivery.Failed?.IsFinal));
        Assert.All(deliveries.Skip(5), delivery => Assert.Null(delivery.Failed));
        Assert.Contains("created at 9999-12-31T23:59:59Z; times from 2020-01-01 to one day ahead are taken", deliveries[0].Failed!.Message, StringComparison.Ordinal);
        Assert.Equal(3, await databases.CountAsync(ArchiveKind.Hypertable, _stream));
        await using var absurd = databases[ArchiveKind.Hypertable].CreateCommand(
            """
            SELECT count(*) FROM timescaledb_information.chunks
            WHERE hypertable_name = 'events' AND (range_start > now() + INTERVAL '2 days' OR range_end <= '2020-01-01')
            """);
        Assert.Equal(0L, await absurd.ExecuteScalarAsync(Token));
    }
}
