using System.Collections.Concurrent;
using System.Threading.Channels;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

public sealed class PubSubTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public static TheoryData<RedisProtocol> Protocols => [RedisProtocol.Resp2, RedisProtocol.Resp3];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Protocols))]
    public async Task Queue_OfLiteralChannel_KeepsTheOrder(RedisProtocol protocol)
    {
        var subscriber = redis.Client(protocol).GetSubscriber();
        var channel = RedisChannel.Literal(RedisFixture.Key("c").ToString());
        var queue = await subscriber.SubscribeAsync(channel);

        for (var i = 0; i < 500; i++) _ = subscriber.PublishAsync(channel, i, CommandFlags.FireAndForget);
        var received = new List<int>();
        await foreach (var message in queue.WithCancellation(Cancellation))
        {
            Assert.Equal(channel, message.Channel);
            received.Add((int)message.Message);
            if (received.Count == 500) break;
        }

        Assert.Equal(Enumerable.Range(0, 500), received);
        await queue.UnsubscribeAsync();
        await queue.Completion.WaitAsync(s_patience, Cancellation);
        await Assert.ThrowsAsync<ChannelClosedException>(async () => await queue.ReadAsync(Cancellation));
        Assert.Equal(0, await subscriber.PublishAsync(channel, "nobody"));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Pattern_MatchingChannels_TellsBothNames(RedisProtocol protocol)
    {
        var subscriber = redis.Client(protocol).GetSubscriber();
        var prefix = RedisFixture.Key("p").ToString();
        var pattern = RedisChannel.Pattern(prefix + ".*");
        var queue = await subscriber.SubscribeAsync(pattern);

        Assert.Equal(1, await subscriber.PublishAsync(RedisChannel.Literal(prefix + ".one"), "m"));
        var message = await queue.ReadAsync(Cancellation).AsTask().WaitAsync(s_patience, Cancellation);

        Assert.Equal(RedisChannel.Literal(prefix + ".one"), message.Channel);
        Assert.Equal(pattern, message.SubscriptionChannel);
        Assert.True(subscriber.IsConnected(pattern));
        Assert.NotNull(subscriber.SubscribedEndpoint(pattern));
        await subscriber.UnsubscribeAsync(pattern);
        Assert.Null(subscriber.SubscribedEndpoint(pattern));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Handlers_OfOneChannel_EachGetEveryMessage(RedisProtocol protocol)
    {
        var subscriber = redis.Client(protocol).GetSubscriber();
        var channel = RedisChannel.Literal(RedisFixture.Key("h").ToString());
        var (first, second) = (Channel.CreateUnbounded<RedisValue>(), Channel.CreateUnbounded<RedisValue>());
        Action<RedisChannel, RedisValue> one = (_, value) => first.Writer.TryWrite(value);
        await subscriber.SubscribeAsync(channel, one);
        await subscriber.SubscribeAsync(channel, (_, value) => second.Writer.TryWrite(value));

        await subscriber.PublishAsync(channel, "a");
        Assert.Equal("a", (string?)await first.Reader.ReadAsync(Cancellation));
        Assert.Equal("a", (string?)await second.Reader.ReadAsync(Cancellation));
        await subscriber.UnsubscribeAsync(channel, one);
        await subscriber.PublishAsync(channel, "b");

        Assert.Equal("b", (string?)await second.Reader.ReadAsync(Cancellation));
        Assert.False(first.Reader.TryRead(out _));
        await subscriber.UnsubscribeAllAsync();
        Assert.Equal(0, await subscriber.PublishAsync(channel, "c"));
    }

    [Fact]
    public async Task OnMessage_HandlerThrows_NextMessageStillComes()
    {
        var client = redis.Client(RedisProtocol.Resp3);
        var channel = RedisChannel.Literal(RedisFixture.Key("t").ToString());
        var queue = await client.GetSubscriber().SubscribeAsync(channel);
        var seen = Channel.CreateUnbounded<RedisValue>();
        queue.OnMessage(async message =>
        {
            await seen.Writer.WriteAsync(message.Message);
            throw new InvalidOperationException("a handler's own failure");
        });

        await client.GetSubscriber().PublishAsync(channel, 1);
        await client.GetSubscriber().PublishAsync(channel, 2);

        Assert.Equal(1, (int)await seen.Reader.ReadAsync(Cancellation));
        Assert.Equal(2, (int)await seen.Reader.ReadAsync(Cancellation));
        Assert.Throws<InvalidOperationException>(() => queue.OnMessage(_ => { }));
        await queue.UnsubscribeAsync();
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Commands_WhileSubscribed_StillWork(RedisProtocol protocol)
    {
        var client = redis.Client(protocol);
        var channel = RedisChannel.Literal(RedisFixture.Key("w").ToString());
        var received = new ConcurrentBag<int>();
        var all = new TaskCompletionSource();
        await client.GetSubscriber().SubscribeAsync(channel, (_, value) =>
        {
            received.Add((int)value);
            if (received.Count == 200) all.TrySetResult();
        });
        var key = RedisFixture.Key();

        var counts = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            await client.GetSubscriber().PublishAsync(channel, i);
            return await client.GetDatabase().StringIncrementAsync(key);
        }));
        await all.Task.WaitAsync(s_patience, Cancellation);

        Assert.Equal(200, counts.Distinct().Count());
        Assert.Equal(200, received.Distinct().Count());
        await client.GetSubscriber().UnsubscribeAsync(channel);
    }

    [Fact]
    public async Task Sharded_Channel_IsItsOwnSpace()
    {
        var subscriber = redis.Client(RedisProtocol.Resp3).GetSubscriber();
        var name = RedisFixture.Key("s").ToString();
        var queue = await subscriber.SubscribeAsync(RedisChannel.Sharded(name));

        Assert.Equal(0, await subscriber.PublishAsync(RedisChannel.Literal(name), "literal"));
        Assert.Equal(1, await subscriber.PublishAsync(RedisChannel.Sharded(name), "sharded"));

        Assert.Equal("sharded", (string?)(await queue.ReadAsync(Cancellation)).Message);
        await queue.UnsubscribeAsync();
    }

    [Fact]
    public async Task Subscription_ThatTheServerEnds_IsRenewedAndShiftsNoReplies()
    {
        await using var server = await RedisServer.StartAsync(
            Cancellation, "--cluster-enabled", "yes", "--cluster-require-full-coverage", "no");
        foreach (var protocol in (RedisProtocol[])[RedisProtocol.Resp3, RedisProtocol.Resp2])
        {
            await using var client = await ConnectionMultiplexer.ConnectAsync($"{server.EndPoint},protocol={protocol},asyncTimeout=30000");
            var db = client.GetDatabase();
            if (protocol == RedisProtocol.Resp3) await db.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", 0, 16383);
            // A new cluster takes its time.
            await UntilAsync(async () =>
                (await db.ExecuteAsync("CLUSTER", "INFO")).ToString().Contains("cluster_state:ok", StringComparison.Ordinal));
            var channel = RedisChannel.Sharded("ch");
            var queue = await client.GetSubscriber().SubscribeAsync(channel);
            await db.StringSetAsync("k", "v");

            var slot = client.HashSlot("ch");
            var batch = db.CreateBatch();
            var removed = batch.ExecuteAsync("CLUSTER", "DELSLOTS", slot);
            var added = batch.ExecuteAsync("CLUSTER", "ADDSLOTS", slot);
            var value = batch.StringGetAsync("k");
            batch.Execute();

            Assert.Equal("v", (string?)await value);
            Assert.Equal("OK", (string?)await removed);
            Assert.Equal("OK", (string?)await added);
            await UntilAsync(async () => await client.GetSubscriber().PublishAsync(channel, "m") == 1);
            Assert.Equal("m", (string?)(await queue.ReadAsync(Cancellation).AsTask().WaitAsync(s_patience, Cancellation)).Message);
            await queue.UnsubscribeAsync();
            Assert.Equal("v", (string?)await db.StringGetAsync("k"));
        }
    }

    [Theory]
    [InlineData("SUBSCRIBE", "a", "b"), InlineData("psubscribe", "a"), InlineData("SSUBSCRIBE", "a"), InlineData("UNSUBSCRIBE")]
    [InlineData("PUNSUBSCRIBE"), InlineData("SUNSUBSCRIBE"), InlineData("MONITOR"), InlineData("RESET")]
    public async Task Command_ThatChangesTheConnection_IsRefused(string command, params object[] arguments)
    {
        var db = redis.Database(RedisProtocol.Resp3);

        await Assert.ThrowsAsync<RedisCommandException>(async () => await db.ExecuteAsync(command, arguments));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Channel_RefusedOnce_CanBeSubscribedToLater(RedisProtocol protocol)
    {
        var (user, admin) = (RedisFixture.Key("user").ToString(), redis.Database(protocol));
        await admin.ExecuteAsync("ACL", "SETUSER", user, "on", ">pw", "~*", "resetchannels", "+@all");
        await using var client = await ConnectionMultiplexer.ConnectAsync(
            $"{redis.EndPoint},user={user},password=pw,protocol={protocol},asyncTimeout=30000");
        var channel = RedisChannel.Literal(RedisFixture.Key("refused").ToString());
        var refused = new TaskCompletionSource();
        client.ErrorMessage += (_, _) => refused.TrySetResult();

        var forgotten = await client.GetSubscriber().SubscribeAsync(channel, CommandFlags.FireAndForget);
        await refused.Task.WaitAsync(s_patience, Cancellation);
        await forgotten.Completion.WaitAsync(s_patience, Cancellation);
        await admin.ExecuteAsync("ACL", "SETUSER", user, "allchannels");
        var queue = await client.GetSubscriber().SubscribeAsync(channel);

        Assert.Equal(1, await redis.Client(protocol).GetSubscriber().PublishAsync(channel, "m"));
        Assert.Equal("m", (string?)(await queue.ReadAsync(Cancellation).AsTask().WaitAsync(s_patience, Cancellation)).Message);
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Subscribe_OnAClosedClient_IsRefused(RedisProtocol protocol)
    {
        var client = await ConnectionMultiplexer.ConnectAsync($"{redis.EndPoint},protocol={protocol}");
        await client.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetSubscriber().SubscribeAsync(RedisChannel.Literal("late")));

        Assert.Equal(0, client.GetCounters().Subscription.SocketCount);
        Assert.Equal(0, client.GetCounters().Subscription.Subscriptions);
    }

    [Fact]
    public async Task ChannelPrefix_IsAddedAndTakenAway()
    {
        await using var prefixed = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint + ",channelPrefix=app:");
        var name = RedisFixture.Key("x").ToString();
        var queue = await prefixed.GetSubscriber().SubscribeAsync(RedisChannel.Literal(name));

        Assert.Equal(1, await redis.Client(RedisProtocol.Resp3).GetSubscriber().PublishAsync(RedisChannel.Literal("app:" + name), "m"));

        Assert.Equal(RedisChannel.Literal(name), (await queue.ReadAsync(Cancellation)).Channel);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(s_patience);
        while (!await condition()) await Task.Delay(TimeSpan.FromMilliseconds(5), limit.Token);
    }
}
