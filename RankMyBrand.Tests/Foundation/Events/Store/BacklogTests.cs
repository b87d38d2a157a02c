using System.Text;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;
using static RankMyBrand.Tests.Foundation.Events.ArchiveDatabases;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>What waits for the archive: more than the stream takes, and things that cannot be stored.</summary>
public sealed class BacklogTests(Servers servers)
{
    private const int MaxLength = 500;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stream_FullWhileTheArchiveIsAway_RefusesWithATimeAndLosesNothingThatItTook()
    {
        await using var redis = await RedisServer.StartAsync(Token);
        var postgres = await servers.CreateDatabaseAsync();
        var setting = ($"Events:Streams:{ArchivingService.Stream}:MaxLength", $"{MaxLength}");
        var accepted = new List<Guid>();
        await using var publisher = await ArchivingService.StartAsync(redis.EndPoint, postgres, archives: false, setting);
        // The archive has been here before: a stream without a group has nobody to wait for.
        await publisher.Redis.GetDatabase().StreamCreateConsumerGroupAsync(ArchivingService.Stream, "archive", "0-0", createStream: true);

        EventRejection? refusal = null;
        while (refusal is null)
            refusal = await PublishAsync();
        Assert.Equal(RejectionReason.StreamFull, refusal.Reason);
        Assert.True(refusal.RetryAfter > TimeSpan.Zero);
        Assert.Equal(MaxLength, accepted.Count);
        Assert.Equal(MaxLength, await publisher.Redis.GetDatabase().StreamLengthAsync(ArchivingService.Stream));

        await using var archive = await ArchivingService.StartAsync(redis.EndPoint, postgres, archives: true, setting);
        while (accepted.Count < 2 * MaxLength)
        {
            if (await PublishAsync() is { RetryAfter: { } wait })
                await Task.Delay(wait / 10, Token);
        }

        await Proof.WaitUntilDrainedAsync(publisher.Redis.GetDatabase());
        Assert.Equal(accepted.Order(), (await StoredAsync(postgres)).Order());

        async Task<EventRejection?> PublishAsync()
        {
            var events = Enumerable.Range(0, 50).Select(_ => NewEvent("1")).ToArray();
            var results = await publisher.Bus.PublishAsync(ArchivingService.Stream, events, Token);
            accepted.AddRange(events.Where((_, i) => results[i].Rejection is null).Select(@event => @event.Id));
            return results.Select(result => result.Rejection).FirstOrDefault(rejection => rejection is not null);
        }
    }

    [Fact]
    public async Task Stream_WithBrokenAndPoisonedEntries_StoresTheOthersAndKeepsThoseAside()
    {
        await using var redis = await RedisServer.StartAsync(Token);
        var postgres = await servers.CreateDatabaseAsync();
        await using var publisher = await ArchivingService.StartAsync(redis.EndPoint, postgres, archives: false);
        var raw = publisher.Redis.GetDatabase();
        NameValueEntry[][] bad =
        [
            [new("something", "else")],
            [new("event_type", "t")],
            [new("event_type", "t"), new("data", "{broken")],
            [new("event_type", "t"), new("data", new byte[] { 0x22, 0xFF, 0xFE, 0x22 })],
            [new("event_type", "t"), new("data", "\"\\u0000\"")],
            [new("event_type", "with\0nul"), new("data", "1")],
            [new("event_type", "t"), new("data", "1"), new("correlation_id", "with\0nul")],
            [new("event_type", "t"), new("data", "1"), new("attributes", "not json")],
            [new("event_type", "t"), new("data", "1"), new("event_id", $"{UuidV7.FromName(253_370_764_800_000, "year 9999"u8)}")],
            [new("event_type", "t"), new("data", "1"), new("event_id", $"{UuidV7.FromName(0, "1970"u8)}")],
        ];
        var good = new List<Guid>();
        for (var round = 0; round < 40; round++)
        {
            var events = Enumerable.Range(0, 50).Select(number => NewEvent($"{number}")).ToArray();
            good.AddRange(events.Select(@event => @event.Id));
            await publisher.Bus.PublishAsync(ArchivingService.Stream, events, Token);
            await raw.StreamAddAsync(ArchivingService.Stream, bad[round % bad.Length]);
        }

        await using var archive = await ArchivingService.StartAsync(redis.EndPoint, postgres);
        await Proof.WaitUntilDrainedAsync(raw);

        Assert.Equal(good.Order(), (await StoredAsync(postgres)).Order());
        var dead = await raw.StreamRangeAsync($"{{{ArchivingService.Stream}}}:dead");
        Assert.Equal(40, dead.Length);
        Assert.All(dead, entry => Assert.Equal("archive", (string?)entry["group"]));
        Assert.All(dead, entry => Assert.NotEqual("", (string?)entry["error_message"]));
        Assert.Equal(4, dead.Count(entry => Encoding.UTF8.GetString((byte[]?)entry["error_message"] ?? []).Contains("created at 9999-", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Publish_WithAnImpossibleTime_IsRefused()
    {
        await using var redis = await RedisServer.StartAsync(Token);
        await using var publisher = await ArchivingService.StartAsync(redis.EndPoint, "Host=127.0.0.1;Port=1", archives: false);
        StreamEvent[] events =
        [
            NewEvent(createdAt: new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero)), NewEvent(createdAt: DateTimeOffset.UnixEpoch),
            NewEvent() with { Id = Guid.NewGuid() }, NewEvent(createdAt: DateTimeOffset.UtcNow.AddYears(-3)),
        ];

        var results = await publisher.Bus.PublishAsync(ArchivingService.Stream, events, Token);
        var single = await Assert.ThrowsAsync<EventRejectedException>(async () => await publisher.Bus.PublishAsync(ArchivingService.Stream, events[0], Token));

        Assert.All(results.Take(3), result => Assert.Equal(RejectionReason.Invalid, result.Rejection?.Reason));
        Assert.Null(results[3].Rejection);
        Assert.Equal(RejectionReason.Invalid, single.Rejection.Reason);
        Assert.Contains("times from 2020-01-01 to one day ahead are taken", single.Message, StringComparison.Ordinal);
        Assert.Equal(1, await publisher.Redis.GetDatabase().StreamLengthAsync(ArchivingService.Stream));
    }

    private static async Task<IReadOnlyList<Guid>> StoredAsync(string postgres)
    {
        await using var database = Npgsql.NpgsqlDataSource.Create(postgres);
        await using var command = database.CreateCommand("SELECT id FROM events");
        var ids = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(Token);
        while (await reader.ReadAsync(Token))
            ids.Add(reader.GetGuid(0));
        return ids;
    }
}
