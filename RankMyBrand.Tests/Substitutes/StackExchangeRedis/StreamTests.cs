using StackExchange.Redis;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

public sealed class StreamTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    public static TheoryData<RedisProtocol> Protocols => [RedisProtocol.Resp2, RedisProtocol.Resp3];

    [Theory, MemberData(nameof(Protocols))]
    public async Task Entries_Added_AreReadInOrder(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        var key = RedisFixture.Key();

        var first = await db.StreamAddAsync(key, "f", "1", "1-1");
        var second = await db.StreamAddAsync(key, [new("f", 2), new("g", "x")], "2-0");
        var third = await db.StreamAddAsync(key, "f", 3);

        Assert.Equal("1-1", (string?)first);
        Assert.Equal(3, await db.StreamLengthAsync(key));
        var all = await db.StreamRangeAsync(key);
        Assert.Equal([first, second, third], all.Select(entry => entry.Id));
        Assert.Equal("x", (string?)all[1]["g"]);
        Assert.True(all[1]["absent"].IsNull);
        Assert.Equal(third, (await db.StreamRangeAsync(key, "-", "+", 1, Order.Descending))[0].Id);
        Assert.Equal(2, (await db.StreamReadAsync(key, first)).Length);
        Assert.Equal(3, (await db.StreamReadAsync(key, StreamPosition.Beginning)).Length);
        Assert.Empty(await db.StreamReadAsync(key, third));
        Assert.Equal(1, await db.StreamDeleteAsync(key, [second]));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Read_OfSeveralStreams_GivesThoseWithEntries(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        RedisKey a = RedisFixture.Key("a"), b = RedisFixture.Key("b");
        await db.StreamAddAsync(b, "f", 1);

        var streams = await db.StreamReadAsync([new(a, "0"), new(b, "0")], 10);

        var stream = Assert.Single(streams);
        Assert.Equal(b, stream.Key);
        Assert.Single(stream.Entries);
        Assert.Empty(await db.StreamReadAsync([new(a, "0")], 10));
    }

    [Fact]
    public async Task Read_OfNewMessages_IsRefused()
    {
        var db = redis.Database(RedisProtocol.Resp3);

        await Assert.ThrowsAsync<InvalidOperationException>(() => db.StreamReadAsync(RedisFixture.Key(), StreamPosition.NewMessages));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Add_WithMaximum_Trims(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        var key = RedisFixture.Key();
        for (var i = 1; i <= 10; i++) await db.StreamAddAsync(key, "f", i, $"{i}-0", maxLength: 5);

        Assert.Equal(5, await db.StreamLengthAsync(key));
        Assert.Equal(2, await db.StreamTrimAsync(key, 3));
        Assert.Equal(1, await db.StreamTrimByMinIdAsync(key, "9-0"));
        Assert.Equal(0, await db.StreamTrimAsync(key, 1, useApproximateMaxLength: true));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Group_ReadsAndAcknowledges(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        var key = RedisFixture.Key();
        Assert.True(await db.StreamCreateConsumerGroupAsync(key, "g", "0-0"));
        var ids = new List<RedisValue>();
        for (var i = 0; i < 5; i++) ids.Add(await db.StreamAddAsync(key, "f", i));

        var read = await db.StreamReadGroupAsync(key, "g", "c", ">", 3);
        Assert.Equal(ids.Take(3), read.Select(entry => entry.Id));
        Assert.Equal(3, (await db.StreamReadGroupAsync(key, "g", "c", "0-0")).Length);
        var rest = await db.StreamReadGroupAsync([new(key, StreamPosition.NewMessages)], "g", "d", 10);
        Assert.Equal(2, rest[0].Entries.Length);
        Assert.Empty(await db.StreamReadGroupAsync(key, "g", "c", count: 10));
        Assert.Empty(await db.StreamReadGroupAsync([new(key, ">")], "g", "c"));

        var pending = await db.StreamPendingAsync(key, "g");
        Assert.Equal(5, pending.PendingMessageCount);
        Assert.Equal(ids[0], pending.LowestPendingMessageId);
        Assert.Equal(ids[4], pending.HighestPendingMessageId);
        Assert.Equal(["c", "d"], pending.Consumers.Select(consumer => consumer.Name.ToString()).Order());
        Assert.Equal(5, (await db.StreamPendingMessagesAsync(key, "g", 10, RedisValue.Null)).Length);
        var one = (await db.StreamPendingMessagesAsync(key, "g", 1, "c", "-", "+"))[0];
        Assert.Equal((ids[0], "c", 2), (one.MessageId, one.ConsumerName.ToString(), one.DeliveryCount));
        Assert.Empty(await db.StreamPendingMessagesAsync(key, "g", 10, "c", minIdleTimeInMs: 3_600_000));

        Assert.Equal(1, await db.StreamAcknowledgeAsync(key, "g", ids[0]));
        Assert.Equal(4, await db.StreamAcknowledgeAsync(key, "g", [.. ids]));
        Assert.Equal(0, (await db.StreamPendingAsync(key, "g")).PendingMessageCount);
        Assert.Empty((await db.StreamPendingAsync(key, "g")).Consumers);
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task IdleEntries_Claimed_ChangeHands(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        var key = RedisFixture.Key();
        await db.StreamCreateConsumerGroupAsync(key, "g", StreamPosition.Beginning);
        var ids = new List<RedisValue>();
        for (var i = 0; i < 3; i++) ids.Add(await db.StreamAddAsync(key, "f", i));
        await db.StreamReadGroupAsync(key, "g", "dead");
        await db.StreamDeleteAsync(key, [ids[1]]);

        var claimed = await db.StreamAutoClaimAsync(key, "g", "alive", 0, "0-0", 10);
        Assert.Equal("0-0", (string?)claimed.NextStartId);
        Assert.Equal([ids[0], ids[2]], claimed.ClaimedEntries.Select(entry => entry.Id));
        Assert.Equal([ids[1]], claimed.DeletedIds);
        Assert.Equal("0", (string?)claimed.ClaimedEntries[0]["f"]);
        var cursor = await db.StreamAutoClaimAsync(key, "g", "alive", 0, "0-0", 1);
        Assert.Equal(ids[2], cursor.NextStartId);
        Assert.Empty((await db.StreamAutoClaimAsync(key, "g", "alive", 3_600_000, "0-0", 10)).ClaimedEntries);

        Assert.Equal([ids[0], ids[2]], (await db.StreamAutoClaimIdsOnlyAsync(key, "g", "x", 0, "0-0")).ClaimedIds);
        Assert.Equal([ids[0]], (await db.StreamClaimAsync(key, "g", "y", 0, [ids[0]])).Select(entry => entry.Id));
        Assert.Equal([ids[2]], await db.StreamClaimIdsOnlyAsync(key, "g", "y", 0, [ids[2]]));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task History_OfDeletedEntry_HasNoFields(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        var key = RedisFixture.Key();
        await db.StreamCreateConsumerGroupAsync(key, "g", "0-0");
        var id = await db.StreamAddAsync(key, "f", 1);
        await db.StreamReadGroupAsync(key, "g", "c");
        await db.StreamDeleteAsync(key, [id]);

        var entry = Assert.Single(await db.StreamReadGroupAsync(key, "g", "c", "0-0"));

        Assert.Equal(id, entry.Id);
        Assert.Empty(entry.Values);
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Group_CreatedTwiceOrMissing_IsTheServersText(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        var key = RedisFixture.Key();
        await db.StreamCreateConsumerGroupAsync(key, "g");

        var busy = await Assert.ThrowsAsync<RedisServerException>(() => db.StreamCreateConsumerGroupAsync(key, "g"));
        var missing = await Assert.ThrowsAsync<RedisServerException>(() => db.StreamReadGroupAsync(key, "none", "c"));
        var absent = await Assert.ThrowsAsync<RedisServerException>(() => db.StreamCreateConsumerGroupAsync(RedisFixture.Key(), "g", createStream: false));

        Assert.StartsWith("BUSYGROUP ", busy.Message, StringComparison.Ordinal);
        Assert.StartsWith("NOGROUP ", missing.Message, StringComparison.Ordinal);
        Assert.StartsWith("ERR ", absent.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Infos_DescribeStreamGroupsAndConsumers(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        var key = RedisFixture.Key();
        await db.StreamCreateConsumerGroupAsync(key, "g", "0-0");
        var first = await db.StreamAddAsync(key, "f", 1);
        var last = await db.StreamAddAsync(key, "f", 2);
        await db.StreamReadGroupAsync(key, "g", "c", ">", 1);

        var stream = await db.StreamInfoAsync(key);
        var group = Assert.Single(await db.StreamGroupInfoAsync(key));
        var consumer = Assert.Single(await db.StreamConsumerInfoAsync(key, "g"));

        Assert.Equal((2, 1, first, last, last), (stream.Length, stream.ConsumerGroupCount, stream.FirstEntry.Id, stream.LastEntry.Id, stream.LastGeneratedId));
        Assert.Equal(2, stream.EntriesAdded);
        Assert.Equal(("g", 1, 1, (string?)first, 1, 1), (group.Name, group.ConsumerCount, group.PendingMessageCount, group.LastDeliveredId, group.EntriesRead, group.Lag));
        Assert.Equal(("c", 1), (consumer.Name, consumer.PendingMessageCount));
        Assert.True(consumer.IdleTimeInMilliseconds >= 0);

        Assert.True(await db.StreamConsumerGroupSetPositionAsync(key, "g", StreamPosition.NewMessages));
        Assert.Empty(await db.StreamReadGroupAsync(key, "g", "c"));
        Assert.Equal(1, await db.StreamDeleteConsumerAsync(key, "g", "c"));
        Assert.True(await db.StreamDeleteConsumerGroupAsync(key, "g"));
        Assert.Empty(await db.StreamGroupInfoAsync(key));
    }

    [Fact]
    public async Task NewerCommands_OnOlderServer_AreTheServersError()
    {
        var db = redis.Database(RedisProtocol.Resp3);
        var key = RedisFixture.Key();
        await db.StreamCreateConsumerGroupAsync(key, "g", "0-0");
        var id = await db.StreamAddAsync(key, "f", 1);
        await db.StreamReadGroupAsync(key, "g", "c");
        var version = redis.Client(RedisProtocol.Resp3).GetServers()[0].Version;

        if (version >= new Version(8, 2))
        {
            Assert.Equal(StreamTrimResult.Deleted, await db.StreamAcknowledgeAndDeleteAsync(key, "g", StreamTrimMode.Acknowledged, id));
            return;
        }
        var error = await Assert.ThrowsAsync<RedisServerException>(() => db.StreamAcknowledgeAndDeleteAsync(key, "g", StreamTrimMode.Acknowledged, id));
        Assert.Contains("unknown command", error.Message, StringComparison.OrdinalIgnoreCase);
    }
}
