using RankMyBrand.Tests.Support;
using StackExchange.Redis;
using StackExchange.Redis.Profiling;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

public sealed class ServerTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    public static TheoryData<RedisProtocol> Protocols => [RedisProtocol.Resp2, RedisProtocol.Resp3];

    [Theory, MemberData(nameof(Protocols))]
    public async Task Server_Asked_DescribesItself(RedisProtocol protocol)
    {
        var client = redis.Client(protocol);
        var server = client.GetServer(redis.EndPoint);

        Assert.True(server.IsConnected);
        Assert.Equal(protocol, server.Protocol);
        Assert.Equal(ServerType.Standalone, server.ServerType);
        Assert.False(server.IsReplica);
        Assert.True(server.Version.Major >= 6);
        Assert.True(server.Features.Unlink);
        Assert.Equal(16, server.DatabaseCount);
        Assert.True(await server.PingAsync() > TimeSpan.Zero);
        Assert.InRange(await server.TimeAsync(), DateTime.UtcNow.AddDays(-1), DateTime.UtcNow.AddDays(1));
        Assert.Equal("hello", (string?)await server.EchoAsync("hello"));
        Assert.Contains(await server.ConfigGetAsync("maxmemory-policy"), pair => pair.Key == "maxmemory-policy");
        var sections = await server.InfoAsync("server");
        Assert.Contains(sections, section => section.Key == "Server" && section.Any(pair => pair.Key == "redis_version"));
        Assert.Equal(redis.EndPoint, client.GetEndPoints()[0].ToString());
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Keys_OfDatabase_AreScanned(RedisProtocol protocol)
    {
        var server = redis.Client(protocol).GetServers()[0];
        var number = protocol == RedisProtocol.Resp2 ? 8 : 9;
        var db = redis.Database(protocol, number);
        await server.FlushDatabaseAsync(number);
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => db.StringSetAsync("a" + i, i)));

        var keys = new HashSet<string>();
        await foreach (var key in server.KeysAsync(number, "a*", 100)) keys.Add(key.ToString());

        Assert.Equal(1000, keys.Count);
        Assert.Equal(1000, await server.DatabaseSizeAsync(number));
    }

    [Fact]
    public async Task AdminCommand_WithoutPermission_IsRefusedHere()
    {
        await using var client = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint);

        var error = await Assert.ThrowsAsync<RedisCommandException>(() => client.GetServers()[0].FlushDatabaseAsync());

        Assert.Contains("admin mode", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<RedisCommandException>(() => client.GetDatabase().ExecuteAsync("FLUSHALL"));
    }

    [Fact]
    public async Task CommandMap_DisabledAndRenamed_IsFollowed()
    {
        var options = ConfigurationOptions.Parse(redis.EndPoint + ",$APPEND=,$STRLEN=LLEN");
        await using var client = await ConnectionMultiplexer.ConnectAsync(options);
        var key = RedisFixture.Key();
        await client.GetDatabase().ListRightPushAsync(key, ["a", "b"]);

        Assert.Equal(2, await client.GetDatabase().StringLengthAsync(key));
        var error = await Assert.ThrowsAsync<RedisCommandException>(() => client.GetDatabase().StringAppendAsync(key, "x"));
        Assert.EndsWith("APPEND", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GetServer_Unknown_IsRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => redis.Client(RedisProtocol.Resp3).GetServer("elsewhere", 1));

        Assert.Contains("elsewhere:1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_ArgumentsOfEachType_AreSent()
    {
        var db = redis.Database(RedisProtocol.Resp3);
        RedisKey key = RedisFixture.Key();

        await db.ExecuteAsync("RPUSH", key, (RedisValue)"v", "text", 1, 2u, 3L, 4UL, 1.5, 2.5f, true, "bytes"u8.ToArray(), new ReadOnlyMemory<byte>([65]), new Memory<byte>([66]));

        Assert.Equal(
            ["v", "text", "1", "2", "3", "4", "1.5", "2.5", "1", "bytes", "A", "B"], (await db.ListRangeAsync(
                key)).ToStringArray().AsEnumerable());
        await Assert.ThrowsAsync<InvalidCastException>(() => db.ExecuteAsync("GET", Guid.Empty));
        var error = await Assert.ThrowsAsync<RedisCommandException>(() => db.ExecuteAsync("CLIENT LIST"));
        Assert.Contains("CLIENT LIST", error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Execute_MapReply_IsFlat(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        RedisKey key = RedisFixture.Key();
        await db.HashSetAsync(key, [new("a", 1), new("b", 2)]);

        var result = await db.ExecuteAsync("HGETALL", key);

        Assert.Equal(protocol == RedisProtocol.Resp3 ? ResultType.Map : ResultType.Array, result.Resp3Type);
        Assert.Equal(ResultType.Array, result.Resp2Type);
        Assert.Equal(4, result.Length);
        Assert.Equal("a", (string?)result[0]);
        Assert.Equal(2, (int)result.ToDictionary()["B"]);
    }

    [Fact]
    public async Task Profiler_Registered_RecordsCommands()
    {
        await using var client = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint);
        var session = new ProfilingSession("token");
        client.RegisterProfiler(() => session);

        await client.GetDatabase(3).StringSetAsync(RedisFixture.Key(), "x");
        await client.GetDatabase(3).PingAsync();

        var commands = session.FinishProfiling();
        Assert.Equal(["SET", "PING"], commands.Select(command => command.Command));
        Assert.All(commands, command => Assert.Equal(3, command.Db));
        Assert.All(commands, command => Assert.True(command.ElapsedTime > TimeSpan.Zero));
        Assert.Empty(session.FinishProfiling());
        Assert.Equal("token", session.UserToken);
    }

    [Fact]
    public async Task Profiler_ScriptThatTheServerHasForgotten_IsRecordedOnce()
    {
        await using var server = await RedisServer.StartAsync(TestContext.Current.CancellationToken);
        await using var client = await ConnectionMultiplexer.ConnectAsync($"{server.EndPoint},allowAdmin=true");
        var database = client.GetDatabase();
        Assert.Equal(1, (int)await database.ScriptEvaluateAsync("return 1"));
        await client.GetServer(server.EndPoint).ScriptFlushAsync();
        var session = new ProfilingSession();
        client.RegisterProfiler(() => session);

        Assert.Equal(1, (int)await database.ScriptEvaluateAsync("return 1"));

        var finishing = Task.Run(() => session.FinishProfiling().Count());
        Assert.Equal(1, await finishing.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Counters_AfterCommands_TellThem()
    {
        await using var client = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint);
        for (var i = 0; i < 5; i++) await client.GetDatabase().PingAsync();

        var counters = client.GetCounters();

        Assert.Equal(5, counters.Interactive.OperationCount);
        Assert.Equal(1, counters.Interactive.SocketCount);
        Assert.Equal(0, counters.TotalOutstanding);
        Assert.Equal(5, client.OperationCount);
    }

    [Fact]
    public async Task ErrorMessage_ServerRefuses_IsRaised()
    {
        await using var client = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint);
        var raised = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.ErrorMessage += (_, error) => raised.TrySetResult(error.Message);

        await Assert.ThrowsAsync<RedisServerException>(() => client.GetDatabase().ExecuteAsync("NOSUCH"));

        Assert.Contains("NOSUCH", await raised.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_Named_IsKnownToTheServer()
    {
        await using var client = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint + ",name=my-app");

        Assert.Equal("my-app", client.ClientName);
        Assert.Equal("my-app", (string?)await client.GetDatabase().ExecuteAsync("CLIENT", "GETNAME"));
    }

    [Fact]
    public async Task Closed_Client_RefusesBatchesWithAllTheirCommands()
    {
        var client = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint);
        var batch = client.GetDatabase().CreateBatch();
        var set = batch.StringSetAsync(RedisFixture.Key(), 1);
        await client.CloseAsync();

        Assert.Throws<ObjectDisposedException>(batch.Execute);

        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => set.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Closed_Client_RefusesCommands()
    {
        var client = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint);
        var db = client.GetDatabase();
        var pending = Enumerable.Range(0, 100).Select(_ => db.PingAsync()).ToList();

        await client.CloseAsync();

        await Task.WhenAll(pending);
        Assert.Throws<ObjectDisposedException>(() => { _ = db.StringGetAsync("x"); });
    }
}
