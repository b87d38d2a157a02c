using StackExchange.Redis;
using StackExchange.Redis.Profiling;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

public sealed class TransactionTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    public static TheoryData<RedisProtocol> Protocols => [RedisProtocol.Resp2, RedisProtocol.Resp3];

    [Theory, MemberData(nameof(Protocols))]
    public async Task Commands_Executed_GetTheirOwnReplies(RedisProtocol protocol)
    {
        var key = RedisFixture.Key();
        var transaction = redis.Database(protocol).CreateTransaction();

        var set = transaction.HashSetAsync(key, [new("a", 1), new("b", 2)]);
        var all = transaction.HashGetAllAsync(key);
        var wrong = transaction.ListLengthAsync(key);
        var length = transaction.HashLengthAsync(key);

        Assert.True(await transaction.ExecuteAsync());
        await set;
        Assert.Equal([new("a", 1), new HashEntry("b", 2)], await all);
        Assert.StartsWith("WRONGTYPE", (await Assert.ThrowsAsync<RedisServerException>(() => wrong)).Message, StringComparison.Ordinal);
        Assert.Equal(2, await length);
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Condition_ThatFails_CancelsTheCommands(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        var key = RedisFixture.Key();
        await db.StringSetAsync(key, "old");
        var transaction = db.CreateTransaction();
        var holds = transaction.AddCondition(Condition.KeyExists(key));
        var fails = transaction.AddCondition(Condition.StringEqual(key, "other"));
        var set = transaction.StringSetAsync(key, "new");

        Assert.False(await transaction.ExecuteAsync());

        Assert.True(holds.WasSatisfied);
        Assert.False(fails.WasSatisfied);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => set);
        Assert.Equal("old", (string?)await db.StringGetAsync(key));
    }

    [Fact]
    public async Task Conditions_OfEachKind_Hold()
    {
        var db = redis.Database(RedisProtocol.Resp3);
        RedisKey text = RedisFixture.Key(), hash = RedisFixture.Key(), list = RedisFixture.Key(), set = RedisFixture.Key();
        RedisKey sorted = RedisFixture.Key(), stream = RedisFixture.Key(), absent = RedisFixture.Key();
        await db.StringSetAsync(text, "abc");
        await db.HashSetAsync(hash, "f", 1);
        await db.ListRightPushAsync(list, "e");
        await db.SetAddAsync(set, "m");
        await db.SortedSetAddAsync(sorted, "m", 1.5);
        await db.StreamAddAsync(stream, "f", 1);
        Condition[] holding =
        [
            Condition.KeyExists(text), Condition.KeyNotExists(absent), Condition.StringEqual(text, "abc"), Condition.StringEqual(absent, RedisValue.Null),
            Condition.StringNotEqual(text, "x"), Condition.StringLengthEqual(text, 3), Condition.StringLengthLessThan(text, 4), Condition.HashExists(hash, "f"),
            Condition.HashNotExists(hash, "g"), Condition.HashEqual(hash, "f", 1), Condition.HashLengthGreaterThan(hash, 0), Condition.ListIndexEqual(list, 0, "e"),
            Condition.ListIndexNotExists(list, 1), Condition.ListLengthEqual(list, 1), Condition.SetContains(set, "m"), Condition.SetNotContains(set, "n"),
            Condition.SortedSetContains(sorted, "m"), Condition.SortedSetEqual(sorted, "m", 1.5), Condition.SortedSetLengthEqual(sorted, 1),
            Condition.StreamLengthEqual(stream, 1),
        ];

        foreach (var condition in holding)
        {
            var transaction = db.CreateTransaction();
            transaction.AddCondition(condition);
            var ping = transaction.PingAsync();
            Assert.True(await transaction.ExecuteAsync());
            await ping;
        }
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Condition_UnderContention_LetsOneWinAtATime(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        var key = RedisFixture.Key();
        await db.StringSetAsync(key, 0);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => AddOneAsync()));

        Assert.Equal(20, (int)await db.StringGetAsync(key));

        async Task AddOneAsync()
        {
            while (true)
            {
                var now = await db.StringGetAsync(key);
                var transaction = db.CreateTransaction();
                transaction.AddCondition(Condition.StringEqual(key, now));
                var set = transaction.StringSetAsync(key, (int)now + 1);
                if (await transaction.ExecuteAsync()) return;
                Assert.True(set.IsCanceled);
            }
        }
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Lock_HeldByAnother_IsRespected(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        var key = RedisFixture.Key("lock");

        Assert.True(await db.LockTakeAsync(key, "me", TimeSpan.FromMinutes(1)));
        Assert.False(await db.LockTakeAsync(key, "you", TimeSpan.FromMinutes(1)));
        Assert.Equal("me", (string?)await db.LockQueryAsync(key));
        Assert.False(await db.LockExtendAsync(key, "you", TimeSpan.FromHours(1)));
        Assert.True(await db.LockExtendAsync(key, "me", TimeSpan.FromHours(1)));
        Assert.True(await db.KeyTimeToLiveAsync(key) > TimeSpan.FromMinutes(5));
        Assert.False(await db.LockReleaseAsync(key, "you"));
        Assert.True(await db.LockReleaseAsync(key, "me"));
        Assert.True(await db.LockTakeAsync(key, "you", TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task Condition_ThatCannotBeChecked_LeavesNoWatchBehind()
    {
        var db = redis.Database(RedisProtocol.Resp3);
        RedisKey list = RedisFixture.Key(), text = RedisFixture.Key();
        await db.ListRightPushAsync(list, "a");

        await Assert.ThrowsAsync<RedisServerException>(() => db.LockReleaseAsync(list, "token"));
        // On another connection, as another process would.
        await redis.Database(RedisProtocol.Resp2).ListRightPushAsync(list, "b");
        var next = db.CreateTransaction();
        var set = next.StringSetAsync(text, 1);

        Assert.True(await next.ExecuteAsync());
        Assert.True(await set);
    }

    [Fact]
    public async Task Commands_InATransaction_AreProfiled()
    {
        await using var client = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint);
        var session = new ProfilingSession();
        client.RegisterProfiler(() => session);
        var transaction = client.GetDatabase().CreateTransaction();
        var (set, length) = (transaction.StringSetAsync(RedisFixture.Key(), 1), transaction.ListLengthAsync(RedisFixture.Key()));

        Assert.True(await transaction.ExecuteAsync());
        await Task.WhenAll(set, length);

        var commands = session.FinishProfiling().ToList();
        Assert.Equal(["SET", "LLEN"], commands.Select(command => command.Command));
        Assert.All(commands, command => Assert.True(command.SentToResponse > TimeSpan.Zero));
        Assert.All(commands, command => Assert.True(command.ElapsedTime > TimeSpan.Zero));
    }

    [Fact]
    public async Task UnknownCommand_InTransaction_FailsAll()
    {
        var transaction = redis.Database(RedisProtocol.Resp3).CreateTransaction();
        var wrong = transaction.ExecuteAsync("NOSUCHCOMMAND");
        var good = transaction.StringSetAsync(RedisFixture.Key(), 1);

        var error = await Assert.ThrowsAsync<RedisServerException>(() => transaction.ExecuteAsync());

        Assert.StartsWith("EXECABORT", error.Message, StringComparison.Ordinal);
        Assert.StartsWith("ERR unknown command", (await Assert.ThrowsAsync<RedisServerException>(() => wrong)).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<RedisServerException>(() => good);
    }
}
