using System.Collections.Concurrent;
using System.Threading.Channels;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

public sealed class OutageTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    public static TheoryData<RedisProtocol> Protocols => [RedisProtocol.Resp2, RedisProtocol.Resp3];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Protocols))]
    public async Task Server_KilledAndRestartedUnderLoad_CostsOnlyCommandsInFlight(RedisProtocol protocol)
    {
        await using var server = await RedisServer.StartAsync(Cancellation, "--appendonly", "yes", "--appendfsync", "always");
        await using var client = await ConnectAsync(server, protocol);
        var db = client.GetDatabase();
        const int Callers = 20;
        var (failed, confirmed) = (new ConcurrentBag<RedisConnectionException>(), new ConcurrentDictionary<string, byte>(StringComparer.Ordinal));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var load = Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var token = $"{caller}-{i}";
                try
                {
                    // The echo proves that the reply belongs to its command; the stream, that a confirmed entry is there, once.
                    Assert.Equal(token, (string?)await db.ScriptEvaluateAsync("redis.call('XADD', KEYS[1], '*', 't', ARGV[1]) return ARGV[1]", ["s"], [token]));
                    Assert.True(confirmed.TryAdd(token, 0));
                }
                catch (RedisConnectionException e)
                {
                    failed.Add(e);
                }
            }
        }, Cancellation)).ToList();

        for (var outage = 0; outage < 3; outage++)
        {
            var before = confirmed.Count;
            await UntilAsync(() => confirmed.Count > before + 200);
            server.Kill();
            await UntilAsync(() => !client.IsConnected);
            await server.RestartAsync(Cancellation);
        }
        var last = confirmed.Count;
        await UntilAsync(() => confirmed.Count > last + 200);
        await stop.CancelAsync();
        await Task.WhenAll(load);

        Assert.True(failed.Count <= Callers * 3, $"{failed.Count} commands failed; at most {Callers * 3} were in flight.");
        Assert.All(failed, error => Assert.Equal(CommandStatus.Sent, error.CommandStatus));
        var stored = (await db.StreamRangeAsync("s")).Select(entry => entry["t"].ToString()).ToList();
        Assert.Equal(stored.Count, stored.Distinct(StringComparer.Ordinal).Count());
        Assert.Empty(confirmed.Keys.Except(stored, StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Subscriptions_AfterRestart_Return(RedisProtocol protocol)
    {
        await using var server = await RedisServer.StartAsync(Cancellation);
        await using var client = await ConnectAsync(server, protocol);
        var (literal, pattern) = (RedisChannel.Literal("news"), RedisChannel.Pattern("p*"));
        var queue = await client.GetSubscriber().SubscribeAsync(literal);
        var handled = Channel.CreateUnbounded<RedisValue>();
        await client.GetSubscriber().SubscribeAsync(pattern, (_, value) => handled.Writer.TryWrite(value));

        await server.RestartAsync(Cancellation);
        var during = await client.GetSubscriber().SubscribeAsync(RedisChannel.Literal("later"));
        await UntilAsync(async () => await client.GetSubscriber().PublishAsync(literal, "a") == 1 && await client.GetSubscriber().PublishAsync(RedisChannel.Literal("px"), "b") == 1);
        await UntilAsync(async () => await client.GetSubscriber().PublishAsync(RedisChannel.Literal("later"), "c") == 1);

        Assert.Equal("a", (string?)(await queue.ReadAsync(Cancellation).AsTask().WaitAsync(s_patience, Cancellation)).Message);
        Assert.Equal("b", (string?)await handled.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(s_patience, Cancellation));
        Assert.Equal("c", (string?)(await during.ReadAsync(Cancellation).AsTask().WaitAsync(s_patience, Cancellation)).Message);
    }

    [Fact]
    public async Task Backlog_Default_KeepsCommandsUntilTheServerIsBack()
    {
        await using var server = await RedisServer.StartAsync(Cancellation);
        await using var client = await ConnectAsync(server, RedisProtocol.Resp3);
        server.Kill();
        await UntilAsync(() => !client.IsConnected);

        var increments = Enumerable.Range(0, 50).Select(i => client.GetDatabase(i % 4).StringIncrementAsync("n")).ToList();
        var batch = client.GetDatabase().CreateBatch();
        var inBatch = batch.StringIncrementAsync("b");
        batch.Execute();
        var transaction = client.GetDatabase().CreateTransaction();
        transaction.AddCondition(Condition.KeyNotExists("t"));
        _ = transaction.StringSetAsync("t", 1);
        var executed = transaction.ExecuteAsync();
        Assert.All(increments, task => Assert.False(task.IsCompleted));
        Assert.True(client.GetCounters().Interactive.PendingUnsentItems >= 50);
        await server.RestartAsync(Cancellation);

        var results = await Task.WhenAll(increments).WaitAsync(s_patience, Cancellation);
        Assert.Equal(13, results.Max());
        Assert.Equal(1, await inBatch.WaitAsync(s_patience, Cancellation));
        Assert.True(await executed.WaitAsync(s_patience, Cancellation));
    }

    [Fact]
    public async Task Backlog_NoServerComesBack_FailsWithTheReason()
    {
        await using var server = await RedisServer.StartAsync(Cancellation);
        var options = ConfigurationOptions.Parse(server.EndPoint);
        options.AsyncTimeout = 500;
        await using var client = await ConnectionMultiplexer.ConnectAsync(options);
        server.Kill();
        await UntilAsync(() => !client.IsConnected);

        var error = await Assert.ThrowsAsync<RedisConnectionException>(() => client.GetDatabase().StringGetAsync("k").WaitAsync(s_patience, Cancellation));

        Assert.Equal(CommandStatus.WaitingInBacklog, error.CommandStatus);
        Assert.Contains("backlog", error.Message, StringComparison.Ordinal);
        Assert.Contains("command=GET", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backlog_FailFast_FailsAtOnceAndRecovers()
    {
        await using var server = await RedisServer.StartAsync(Cancellation);
        var options = ConfigurationOptions.Parse(server.EndPoint);
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ReconnectRetryPolicy = new LinearRetry(100);
        await using var client = await ConnectionMultiplexer.ConnectAsync(options);
        server.Kill();
        await UntilAsync(() => !client.IsConnected);

        var get = client.GetDatabase().StringGetAsync("k");
        Assert.True(get.IsCompleted);
        var error = await Assert.ThrowsAsync<RedisConnectionException>(() => get);
        await Assert.ThrowsAsync<RedisConnectionException>(() => client.GetSubscriber().SubscribeAsync(RedisChannel.Literal("c")));
        await server.RestartAsync(Cancellation);
        await UntilAsync(() => client.IsConnected);

        Assert.StartsWith("No connection (requires writable - not eligible for replica) is active/available", error.Message, StringComparison.Ordinal);
        Assert.Equal(CommandStatus.WaitingToBeSent, error.CommandStatus);
        Assert.True(await client.GetDatabase().StringSetAsync("k", 1));
    }

    [Fact]
    public async Task Connect_NobodyAnswers_SaysWhoAndWhatToDo()
    {
        var error = await Assert.ThrowsAsync<RedisConnectionException>(() => ConnectionMultiplexer.ConnectAsync("127.0.0.1:1"));

        Assert.Equal(ConnectionFailureType.UnableToConnect, error.FailureType);
        Assert.StartsWith("It was not possible to connect to the redis server(s).", error.Message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:1", error.Message, StringComparison.Ordinal);
        Assert.Contains("abortConnect=false", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_WithoutAborting_ConnectsWhenTheServerComes()
    {
        await using var server = await RedisServer.StartAsync(Cancellation);
        server.Kill();
        var options = ConfigurationOptions.Parse(server.EndPoint + ",abortConnect=false,asyncTimeout=60000");
        options.ReconnectRetryPolicy = new LinearRetry(100);
        await using var client = await ConnectionMultiplexer.ConnectAsync(options);
        Assert.False(client.IsConnected);
        var waiting = client.GetDatabase().StringSetAsync("k", 1);
        var queue = client.GetSubscriber().SubscribeAsync(RedisChannel.Literal("c"));

        await server.RestartAsync(Cancellation);

        Assert.True(await waiting.WaitAsync(s_patience, Cancellation));
        await queue.WaitAsync(s_patience, Cancellation);
        Assert.Equal(1, await client.GetSubscriber().PublishAsync(RedisChannel.Literal("c"), "m"));
    }

    [Fact]
    public async Task Connect_FirstServerMissing_UsesTheSecond()
    {
        await using var server = await RedisServer.StartAsync(Cancellation);
        await using var client = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:1,{server.EndPoint}");

        Assert.True(await client.GetDatabase().StringSetAsync("k", 1));
        Assert.False(client.GetServer("127.0.0.1:1").IsConnected);
        Assert.True(client.GetServer(server.EndPoint).IsConnected);
        await Assert.ThrowsAsync<RedisConnectionException>(() => client.GetServer("127.0.0.1:1").TimeAsync());
    }

    [Fact]
    public async Task Events_OfAnOutage_AreRaisedOnce()
    {
        await using var server = await RedisServer.StartAsync(Cancellation);
        await using var client = await ConnectAsync(server, RedisProtocol.Resp3);
        var (failures, restored) = (new ConcurrentQueue<ConnectionFailedEventArgs>(), new TaskCompletionSource<ConnectionFailedEventArgs>());
        client.ConnectionFailed += (_, e) => failures.Enqueue(e);
        client.ConnectionRestored += (_, e) => restored.TrySetResult(e);

        server.Kill();
        await UntilAsync(() => !failures.IsEmpty);
        await server.RestartAsync(Cancellation);
        var back = await restored.Task.WaitAsync(s_patience, Cancellation);

        var failure = Assert.Single(failures);
        Assert.Equal(ConnectionType.Interactive, failure.ConnectionType);
        Assert.NotEqual(ConnectionFailureType.None, failure.FailureType);
        Assert.NotNull(failure.Exception);
        Assert.Equal(server.EndPoint, failure.EndPoint!.ToString());
        Assert.Equal(ConnectionFailureType.None, back.FailureType);
    }

    [Fact]
    public async Task Transaction_AcrossARestart_IsNotHalfDone()
    {
        await using var server = await RedisServer.StartAsync(Cancellation, "--appendonly", "yes");
        await using var client = await ConnectAsync(server, RedisProtocol.Resp3);
        var db = client.GetDatabase();
        var running = Enumerable.Range(0, 200).Select(async i =>
        {
            var transaction = db.CreateTransaction();
            transaction.AddCondition(Condition.KeyNotExists($"a{i}"));
            var (first, second) = (transaction.StringSetAsync($"a{i}", i), transaction.StringSetAsync($"b{i}", i));
            try
            {
                await transaction.ExecuteAsync();
                await first;
                await second;
            }
            catch (RedisConnectionException)
            {
                Assert.True(first.IsFaulted && second.IsFaulted);
            }
        }).ToList();
        server.Kill();
        await server.RestartAsync(Cancellation);
        await Task.WhenAll(running).WaitAsync(s_patience, Cancellation);

        for (var i = 0; i < 200; i++) Assert.Equal(await db.KeyExistsAsync($"a{i}"), await db.KeyExistsAsync($"b{i}"));
    }

    private static async Task<ConnectionMultiplexer> ConnectAsync(RedisServer server, RedisProtocol protocol)
    {
        var options = ConfigurationOptions.Parse(server.EndPoint);
        options.Protocol = protocol;
        options.AsyncTimeout = 60_000;
        options.ReconnectRetryPolicy = new LinearRetry(100);
        return await ConnectionMultiplexer.ConnectAsync(options);
    }

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(s_patience);
        while (!await condition()) await Task.Delay(TimeSpan.FromMilliseconds(5), limit.Token);
    }
}
