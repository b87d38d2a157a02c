using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Npgsql;
using RankMyBrand.EventProcessor.Events;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events.Fuzz;

/// <summary>PostgreSQL has the last word on what is JSON: whatever the event API takes, the archive must be able to store.</summary>
public sealed class EventStoreFuzz(Servers servers)
{
    private const int Inputs = 10_000;

    [Fact]
    public async Task Events_ThatTheApiTakes_AreAllStored()
    {
        await using var database = NpgsqlDataSource.Create(await servers.CreateDatabaseAsync());
        var archiver = new EventArchiver(new EventStore(database), TimeProvider.System);
        var context = new EventContext("acme", null, null, null);
        var taken = new List<StreamEvent>();
        Fuzzing.Check(Inputs, JsonTexts.Bytes(JsonTexts.Event), json =>
        {
            if (EventParser.TryParse(json.Bytes, context, null, out var @event) is null)
                taken.Add(@event!);
        });

        foreach (var events in taken.Chunk(1000))
        {
            var deliveries = Array.ConvertAll(events, @event => new Delivery("ai.responses", "1-0", @event, 1));
            await archiver.HandleAsync(deliveries, TestContext.Current.CancellationToken);
            Assert.All(deliveries, delivery => Assert.True(delivery.Failed is null, $"{delivery.Failed?.Message} {Encoding.UTF8.GetString(delivery.Event.Data.Span)} {Encoding.UTF8.GetString(delivery.Event.Attributes.GetValueOrDefault().Span)}"));
        }

        await using var count = database.CreateCommand("SELECT count(*) FROM events");
        Assert.True(taken.Count > Inputs / 20, $"Only {taken.Count} of {Inputs} inputs were events.");
        Assert.Equal((long)taken.Count, await count.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }
}
