using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

/// <summary>What must not keep a client from its server.</summary>
public sealed class ReconnectTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Logger_ThatThrows_CostsNothingButItsLines()
    {
        await using var server = await RedisServer.StartAsync(Cancellation);
        using var broken = new BrokenLogging();
        var options = ConfigurationOptions.Parse(server.EndPoint);
        options.LoggerFactory = broken;
        options.ReconnectRetryPolicy = new LinearRetry(100);
        var client = await ConnectionMultiplexer.ConnectAsync(options);

        foreach (var factory in (bool[])[true, false])
        {
            broken.IsFactoryBroken = factory;
            server.Kill();
            await UntilAsync(() => !client.IsConnected);
            await server.RestartAsync(Cancellation);
            await UntilAsync(() => client.IsConnected);
        }
        await client.DisposeAsync().AsTask().WaitAsync(s_patience, Cancellation);

        Assert.True(broken.Thrown >= 4);
    }

    [Fact]
    public async Task Dispose_OfAConnectionThatIsFailing_LeavesNobodyWaiting()
    {
        using var stream = new MemoryStream();
        var connection = Connection(stream, detaching: own => own.Dispose());
        var message = new Message<bool>(Commands.Ping, CommandFlags.None, Replies.Done);
        connection.Append(message, -1, "*1\r\n$4\r\nPING\r\n"u8);

        connection.Fail(ConnectionFailureType.SocketFailure, "The socket failed");

        var error = await Assert.ThrowsAsync<RedisConnectionException>(() => message.Task);
        Assert.Equal(ConnectionFailureType.SocketFailure, error.FailureType);
        await connection.Closed.WaitAsync(s_patience, Cancellation);
    }

    [Fact]
    public async Task Failure_ThatNobodyCanBeTold_StillEndsTheConnection()
    {
        using var stream = new MemoryStream();
        var connection = Connection(stream, detaching: _ => throw new InvalidOperationException("no"));
        var message = new Message<bool>(Commands.Ping, CommandFlags.None, Replies.Done);
        connection.Append(message, -1, "*1\r\n$4\r\nPING\r\n"u8);

        Assert.Throws<InvalidOperationException>(() => connection.Fail(ConnectionFailureType.SocketFailure, "The socket failed"));

        await Assert.ThrowsAsync<RedisConnectionException>(() => message.Task);
        await connection.Closed.WaitAsync(s_patience, Cancellation);
    }

    [Fact]
    public async Task Connections_ThatDieYoung_AreReplacedWithAPause()
    {
        await using var server = await RedisServer.StartAsync(Cancellation);
        await using var proxy = new GatedProxy(server.Port);
        await using var client = await ConnectionMultiplexer.ConnectAsync(proxy.EndPoint);
        var restored = new ConcurrentQueue<long>();
        client.ConnectionRestored += (_, _) =>
        {
            restored.Enqueue(Stopwatch.GetTimestamp());
            Cut();
        };

        Cut();
        await UntilAsync(() => restored.Count >= 5);

        var times = restored.ToArray();
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.True(Stopwatch.GetElapsedTime(pair.First, pair.Second) > TimeSpan.FromMilliseconds(150)));

        void Cut()
        {
            proxy.Close();
            proxy.Open();
        }
    }

    [Fact]
    public async Task SubscriptionLink_OfResp2_ConnectsWithoutAPause()
    {
        await using var server = await RedisServer.StartAsync(Cancellation);
        var options = ConfigurationOptions.Parse(server.EndPoint + ",protocol=resp2,asyncTimeout=30000");
        options.ReconnectRetryPolicy = new LinearRetry(int.MaxValue);
        await using var client = await ConnectionMultiplexer.ConnectAsync(options);

        await client.GetSubscriber().SubscribeAsync(RedisChannel.Literal("c"));

        Assert.Equal(1, await client.GetSubscriber().PublishAsync(RedisChannel.Literal("c"), "m"));
    }

    [Fact]
    public async Task Connect_ReplicaFirst_UsesThePrimary()
    {
        await using var primary = await RedisServer.StartAsync(Cancellation);
        await using var replica = await RedisServer.StartAsync(
            Cancellation, "--replicaof", "127.0.0.1", primary.Port.ToString(CultureInfo.InvariantCulture));
        await using var client = await ConnectionMultiplexer.ConnectAsync($"{replica.EndPoint},{primary.EndPoint}");

        Assert.True(await client.GetDatabase().StringSetAsync("k", 1));
        Assert.True(client.GetServer(primary.EndPoint).IsConnected);
        await using var reader = await ConnectionMultiplexer.ConnectAsync($"{replica.EndPoint},127.0.0.1:1");
        Assert.True(reader.GetServer(replica.EndPoint).IsReplica);
    }

    [Fact]
    public async Task Server_DemotedInPlace_IsLeftForTheNewPrimary()
    {
        await using var first = await RedisServer.StartAsync(Cancellation);
        await using var second = await RedisServer.StartAsync(Cancellation);
        var options = ConfigurationOptions.Parse($"{first.EndPoint},{second.EndPoint}");
        options.ReconnectRetryPolicy = new LinearRetry(100);
        await using var client = await ConnectionMultiplexer.ConnectAsync(options);
        await using var administrator = await ConnectionMultiplexer.ConnectAsync(first.EndPoint + ",allowAdmin=true");
        await client.GetDatabase().StringSetAsync("k", 1);

        await administrator.GetDatabase().ExecuteAsync("REPLICAOF", "127.0.0.1", second.Port);
        var refused = await Assert.ThrowsAsync<RedisServerException>(() => client.GetDatabase().StringSetAsync("k", 2));
        await UntilAsync(() => client.GetServer(second.EndPoint).IsConnected);

        Assert.Equal(RedisErrorKind.ReadOnly, refused.Kind);
        Assert.True(await client.GetDatabase().StringSetAsync("k", 3));
    }

    private static RedisConnection Connection(Stream stream, Action<RedisConnection> detaching) =>
        new(new DnsEndPoint("redis", 6379), ConnectionType.Interactive, stream, new(), Commands.Select, new Owner(detaching));

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(s_patience);
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(5), limit.Token);
    }

    /// <summary>A disk that is full, or a factory that has been disposed.</summary>
    private sealed class BrokenLogging : ILoggerFactory, ILogger
    {
        private int _thrown;

        public bool IsFactoryBroken { get; set; }

        public int Thrown => Volatile.Read(ref _thrown);

        public ILogger CreateLogger(string categoryName) => IsFactoryBroken ? throw Broken() : this;

        public void AddProvider(ILoggerProvider provider) { }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw Broken();

        public void Dispose() { }

        private IOException Broken()
        {
            Interlocked.Increment(ref _thrown);
            return new("The disk is full.");
        }
    }

    /// <summary>Stands where the link does.</summary>
    private sealed class Owner(Action<RedisConnection> detaching) : IConnectionOwner
    {
        public bool TryPush(RedisConnection connection, RespReader reader) => false;

        public void Refused(RedisConnection connection, IMessage message, string error) { }

        public void Selected(RedisConnection connection, int database, string? refusal) { }

        public void Detach(RedisConnection connection) => detaching(connection);

        public void Closed(RedisConnection connection, RedisConnectionException exception) { }
    }
}
