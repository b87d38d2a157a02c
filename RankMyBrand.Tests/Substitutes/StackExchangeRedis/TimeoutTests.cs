using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

public sealed class TimeoutTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    public static TheoryData<RedisProtocol> Protocols => [RedisProtocol.Resp2, RedisProtocol.Resp3];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reply_TooLate_TimesOutAndLaterRepliesStillMatch()
    {
        await using var server = await RedisServer.StartAsync(Cancellation);
        await using var client = await ConnectionMultiplexer.ConnectAsync(server.EndPoint + ",asyncTimeout=500");
        var db = client.GetDatabase();
        await db.StringSetAsync("k", "v");

        // Blocks this connection for longer than the timeout, but not so long that the client gives it up.
        var slow = db.ExecuteAsync("BLPOP", (RedisKey)"none", 1.5);
        var error = await Assert.ThrowsAsync<RedisTimeoutException>(() => slow.WaitAsync(s_patience, Cancellation));
        await UntilSuccessAsync(async () => Assert.Equal("v", (string?)await db.StringGetAsync("k")));

        Assert.Contains("command=BLPOP", error.Message, StringComparison.Ordinal);
        Assert.Equal(CommandStatus.Sent, error.Commandstatus);
        Assert.Equal("v", (string?)await db.StringGetAsync("k"));
        Assert.IsAssignableFrom<TimeoutException>(error);
    }

    [Fact]
    public async Task Server_Frozen_IsGivenUpAndFoundAgain()
    {
        await using var server = await RedisServer.StartAsync(Cancellation);
        var options = ConfigurationOptions.Parse(server.EndPoint + ",asyncTimeout=300,connectTimeout=500");
        options.ReconnectRetryPolicy = new LinearRetry(100);
        await using var client = await ConnectionMultiplexer.ConnectAsync(options);
        var lost = new TaskCompletionSource<ConnectionFailedEventArgs>();
        client.ConnectionFailed += (_, e) => lost.TrySetResult(e);

        await server.PauseAsync(Cancellation);
        await Assert.ThrowsAnyAsync<Exception>(() => client.GetDatabase().PingAsync());
        var failure = await lost.Task.WaitAsync(s_patience, Cancellation);
        await server.ContinueAsync(Cancellation);

        Assert.Equal(ConnectionFailureType.SocketFailure, failure.FailureType);
        await UntilSuccessAsync(() => client.GetDatabase().PingAsync());
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task BlockingRead_OnItsOwnClient_WakesAtOnce(RedisProtocol protocol)
    {
        await using var server = await RedisServer.StartAsync(Cancellation);
        var text = $"{server.EndPoint},protocol={protocol},asyncTimeout=60000";
        await using var reading = await ConnectionMultiplexer.ConnectAsync(text);
        await using var writing = await ConnectionMultiplexer.ConnectAsync(text);
        await writing.GetDatabase().StreamCreateConsumerGroupAsync("s", "g", "0-0");

        var empty = await ReadAsync(50);
        Assert.True(empty.IsNull);
        var blocked = ReadAsync(50_000);
        var id = await writing.GetDatabase().StreamAddAsync("s", "f", "v");
        var result = await blocked.WaitAsync(s_patience, Cancellation);

        RedisResult entries;
        if (protocol == RedisProtocol.Resp3)
        {
            Assert.Equal(ResultType.Map, result.Resp3Type);
            Assert.Equal("s", (string?)result[0]);
            entries = result[1];
        }
        else
        {
            Assert.Equal(ResultType.Array, result.Resp3Type);
            entries = result[0][1];
        }
        Assert.Equal((string?)id, (string?)entries[0][0]);
        Assert.Equal("v", (string?)entries[0][1][1]);

        Task<RedisResult> ReadAsync(int milliseconds) => reading.GetDatabase().ExecuteAsync(
            "XREADGROUP", "GROUP", "g", "c", "COUNT", 10, "BLOCK", milliseconds, "STREAMS", (RedisKey)"s", ">");
    }

    [Fact]
    public async Task IdleConnection_IsKeptAlive()
    {
        await using var server = await RedisServer.StartAsync(Cancellation, "--timeout", "3");
        await using var client = await ConnectionMultiplexer.ConnectAsync(server.EndPoint + ",keepAlive=1");
        var id = (long)await client.GetDatabase().ExecuteAsync("CLIENT", "ID");

        await Task.Delay(TimeSpan.FromSeconds(6), Cancellation);

        Assert.Equal(id, (long)await client.GetDatabase().ExecuteAsync("CLIENT", "ID"));
    }

    [Fact]
    public async Task BlockedContinuation_OfOneCaller_DoesNotHoldUpOthers()
    {
        await using var server = await RedisServer.StartAsync(Cancellation);
        await using var client = await ConnectionMultiplexer.ConnectAsync(server.EndPoint);
        var db = client.GetDatabase();
        using var release = new ManualResetEventSlim();
        var entered = new TaskCompletionSource();
        var blocked = Task.Run(async () =>
        {
            await db.PingAsync().ConfigureAwait(false);
            entered.SetResult();
            release.Wait(Cancellation);
        }, Cancellation);

        await entered.Task.WaitAsync(s_patience, Cancellation);
        for (var i = 0; i < 100; i++) await db.PingAsync().WaitAsync(s_patience, Cancellation);
        release.Set();

        await blocked;
    }

    private static async Task UntilSuccessAsync(Func<Task> action)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(s_patience);
        while (true)
        {
            try
            {
                await action();
                return;
            }
            catch (Exception e) when (e is RedisTimeoutException or RedisConnectionException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
            }
        }
    }
}
