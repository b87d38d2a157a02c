using Npgsql;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Foundation.Events.Consuming;
using RankMyBrand.Tests.Support;
using static RankMyBrand.Tests.Foundation.Events.ArchiveDatabases;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>A stream that publishing creates is archived, and so may be trimmed, like one that is configured.</summary>
public sealed class CreatedStreamsTests(Servers servers)
{
    private static readonly (string, string) s_created = ("Events:AutoCreateStreams", "true");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Archive_OfStreamsThatPublishingCreates_HasTheirEventsOnce()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var postgres = await servers.CreateDatabaseAsync();
        await using var publisher = await ArchivingService.StartAsync(redis.EndPoint, postgres, archives: false, s_created);
        var (first, second) = (NewStream(), NewStream());
        var published = new List<Guid>();

        await PublishAsync(first);
        await using var archive = await ArchivingService.StartAsync(redis.EndPoint, postgres, archives: true, s_created);
        await UntilAcknowledgedAsync(first);
        // It goes on with the first when there is another.
        for (var i = 0; i < 10; i++)
        {
            await PublishAsync(second);
            await PublishAsync(first);
        }

        await UntilAcknowledgedAsync(first);
        await UntilAcknowledgedAsync(second);
        Assert.Equal(published.Order(), (await StoredAsync(postgres)).Order());

        async Task PublishAsync(string stream)
        {
            var events = Enumerable.Range(0, 20).Select(_ => NewEvent()).ToArray();
            var results = await publisher.Bus.PublishAsync(stream, events, Cancellation);
            Assert.All(results, result => Assert.Null(result.Rejection));
            published.AddRange(events.Select(@event => @event.Id));
        }

        Task UntilAcknowledgedAsync(string stream) => Eventually.TrueAsync(async () =>
            (await publisher.Redis.GetDatabase().StreamGroupInfoAsync(stream)).Any(
                group => group is { Name: "archive", PendingMessageCount: 0, Lag: 0 }));
    }

    [Fact]
    public async Task Archive_WhoseRedisHasLostItsData_ArchivesWhatIsPublishedThen()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var postgres = await servers.CreateDatabaseAsync();
        await using var publisher = await ArchivingService.StartAsync(redis.EndPoint, postgres, archives: false, s_created);
        var stream = NewStream();
        await publisher.Bus.PublishAsync(stream, NewEvent(), Cancellation);

        await publisher.Redis.GetDatabase().ExecuteAsync("DEL", stream, "events:streams");
        var @event = NewEvent();
        await Eventually.TrueAsync(async () =>
        {
            await publisher.Bus.PublishAsync(stream, [@event], Cancellation);
            return await publisher.Redis.GetDatabase().KeyExistsAsync("events:streams");
        });
        await using var archive = await ArchivingService.StartAsync(redis.EndPoint, postgres, archives: true, s_created);

        await Eventually.TrueAsync(async () => (await StoredAsync(postgres)).SequenceEqual([@event.Id]));
    }

    [Fact]
    public async Task Catalogue_WithAStreamThatPublishingHasCreated_ListsIt()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis, settings: s_created);
        var stream = NewStream();

        await host.Bus.PublishAsync(stream, NewEvent(), Cancellation);

        var listed = await host.Get<StreamCatalogue>().ListAsync(Cancellation);
        Assert.Equal(new StreamStatus(stream, 1, 100_000, 1, 0), Assert.Single(listed, status => status.Name == stream));
    }

    private static async Task<IReadOnlyList<Guid>> StoredAsync(string postgres)
    {
        await using var database = NpgsqlDataSource.Create(postgres);
        await using var command = database.CreateCommand("SELECT id FROM events");
        var stored = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        while (await reader.ReadAsync(Cancellation))
            stored.Add(reader.GetGuid(0));
        return stored;
    }
}
