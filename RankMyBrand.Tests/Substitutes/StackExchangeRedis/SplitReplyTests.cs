using System.Text;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

public sealed class SplitReplyTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    public static TheoryData<RedisProtocol, int> Pieces => new(
        from protocol in (RedisProtocol[])[RedisProtocol.Resp2, RedisProtocol.Resp3]
        from piece in (int[])[1, 2, 3, 7, 64]
        select (protocol, piece));

    [Theory, MemberData(nameof(Pieces))]
    public async Task Replies_InPiecesOfOneSize_AreWhole(RedisProtocol protocol, int piece)
    {
        await using var proxy = new ChoppingProxy(redis.EndPoint, () => piece);
        await using var client = await ConnectionMultiplexer.ConnectAsync($"{proxy.EndPoint},protocol={protocol},asyncTimeout=60000,connectTimeout=60000");

        await ExerciseAsync(client, rounds: 5);
    }

    [Fact]
    public async Task Replies_InPiecesOfAnySize_AreWhole()
    {
        var random = new Random(20261121);
        await using var proxy = new ChoppingProxy(redis.EndPoint, () => random.Next(1, 300));
        await using var client = await ConnectionMultiplexer.ConnectAsync($"{proxy.EndPoint},asyncTimeout=60000,connectTimeout=60000");

        await ExerciseAsync(client, rounds: 50);
    }

    [Theory]
    [InlineData(">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n")]
    [InlineData("|1\r\n+ttl\r\n:3600\r\n")]
    [InlineData("|1\r\n+nested\r\n|1\r\n+a\r\n*2\r\n:1\r\n%1\r\n+b\r\n_\r\n#t\r\n")]
    public async Task Reply_WithCompany_IsStillTheReply(string company)
    {
        await using var proxy = new ChoppingProxy(redis.EndPoint, () => 1000);
        await using var client = await ConnectionMultiplexer.ConnectAsync(proxy.EndPoint + ",protocol=resp3");

        proxy.Injections.Enqueue(Encoding.ASCII.GetBytes(company));

        Assert.Equal("x", (string?)await client.GetServers()[0].EchoAsync("x"));
        Assert.Equal("y", (string?)await client.GetServers()[0].EchoAsync("y"));
    }

    [Theory]
    [InlineData("?what\r\n")]
    [InlineData("$12x\r\n")]
    [InlineData("*-7\r\n")]
    [InlineData("$99999999999\r\n")]
    [InlineData("$2\r\nabcd\r\n")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n")]
    public async Task Reply_ThatIsNotRedis_EndsTheConnectionOnly(string garbage)
    {
        await using var proxy = new ChoppingProxy(redis.EndPoint, () => 1000);
        await using var client = await ConnectionMultiplexer.ConnectAsync(proxy.EndPoint + ",asyncTimeout=60000");

        proxy.Injections.Enqueue(Encoding.ASCII.GetBytes(garbage));

        var error = await Assert.ThrowsAsync<RedisConnectionException>(() => client.GetDatabase().PingAsync());
        Assert.Equal(ConnectionFailureType.ProtocolFailure, error.FailureType);
        Assert.True(await client.GetDatabase().PingAsync() > TimeSpan.Zero);
    }

    [Fact]
    public async Task Reply_ThatTheReaderFailsOn_FailsItsCommandAndIsNotMissed()
    {
        await using var client = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint + ",asyncTimeout=60000");
        ReplyParser<bool> faulty = static (ref RespReader _) => throw new NotSupportedException("a fault");
        var message = new Message<bool>(Commands.Ping, CommandFlags.None, faulty);

        client.Interactive.Send(message, -1, "*1\r\n$4\r\nPING\r\n"u8);

        var error = await Assert.ThrowsAsync<RedisConnectionException>(
            () => message.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.IsType<NotSupportedException>(error.InnerException);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        // The connection that nobody can trust any more ends; before it has, it would take the next command with it.
        while (client.GetCounters().Interactive.SocketCount < 2) await Task.Delay(TimeSpan.FromMilliseconds(5), limit.Token);
        Assert.True(await client.GetDatabase().PingAsync() > TimeSpan.Zero);
    }

    private static async Task ExerciseAsync(ConnectionMultiplexer client, int rounds)
    {
        var db = client.GetDatabase();
        RedisKey stream = RedisFixture.Key(), hash = RedisFixture.Key(), text = RedisFixture.Key();
        await db.StreamCreateConsumerGroupAsync(stream, "g", "0-0");
        await db.HashSetAsync(hash, [new("a", "line\r\nbreak"), new("b", "$-1\r\n"), new("c", "")]);
        await db.StringSetAsync(text, new string('x', 5000));

        var tasks = Enumerable.Range(0, rounds).Select(async round =>
        {
            var id = db.StreamAddAsync(stream, "round", round);
            var fields = db.HashGetAllAsync(hash);
            var missing = db.StringGetAsync(RedisFixture.Key());
            var wrong = db.ListLengthAsync(hash);
            var values = db.StringGetAsync([text, RedisFixture.Key(), text]);
            var nested = db.ScriptEvaluateAsync("return {1, {2, 'three', {}}, 'four', false}");
            Assert.Single(await db.StreamRangeAsync(stream, await id, await id));
            Assert.Equal([new("a", "line\r\nbreak"), new("b", "$-1\r\n"), new HashEntry("c", "")], await fields);
            Assert.True((await missing).IsNull);
            await Assert.ThrowsAsync<RedisServerException>(() => wrong);
            Assert.Equal([5000L, 0L, 5000L], (await values).Select(value => value.Length()));
            Assert.Equal("three", (string?)(await nested)[1][1]);
            Assert.Equal(round, (int)(await db.StringGetAsync((await SetAsync(db, round)))));
        });
        await Task.WhenAll(tasks);

        Assert.Equal(rounds, (await db.StreamReadGroupAsync(stream, "g", "c")).Length);
        Assert.Equal(rounds, (await db.StreamPendingAsync(stream, "g")).PendingMessageCount);
    }

    private static async Task<RedisKey> SetAsync(IDatabase db, int value)
    {
        var key = RedisFixture.Key();
        await db.StringSetAsync(key, value);
        return key;
    }
}
