using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Gateway.Hub;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Gateway.Hub;

/// <summary>The times of what one client is sent, over a connection whose other end does what a test wants.</summary>
public sealed class HubOutboxTests : IAsyncLifetime
{
    private readonly TcpClient _client = new();
    private readonly TaskCompletionSource _cutOff = new();
    private TcpClient _server = null!;
    private WebSocket _socket = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await _client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, Token);
        _server = await listener.AcceptTcpClientAsync(Token);
        _socket = WebSocket.CreateFromStream(_server.GetStream(), new WebSocketCreationOptions { IsServer = true });
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _server.Dispose();
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Client_ThatDoesNotTakeAMessage_IsCutOffWhenItsTimeIsOver()
    {
        var outbox = new HubOutbox(_socket, _cutOff.SetResult, new HubOptions { SendTimeout = TimeSpan.FromSeconds(1) });

        // More than the buffers of two sockets hold.
        Assert.True(outbox.TryWrite(new byte[64 * 1024 * 1024]));
        outbox.Beat();
        Assert.False(_cutOff.Task.IsCompleted);
        await Task.Delay(TimeSpan.FromSeconds(1.1), Token);
        outbox.Beat();

        Assert.True(_cutOff.Task.IsCompleted);
    }

    [Fact]
    public async Task LargeMessages_ThatTheClientDoesNotTake_WaitTheirTurnAndAllArrive()
    {
        const int Count = 8;
        var outbox = new HubOutbox(_socket, _cutOff.SetResult, new HubOptions());
        // More than the buffers of two sockets hold: while it is being sent, the others wait.
        Assert.True(outbox.TryWrite(new byte[64 * 1024 * 1024]));

        var taken = Enumerable.Range(1, Count).Select(number => outbox.TryWrite(Large(number))).ToArray();
        Assert.Equal([true, true, false], taken[..3]);
        Assert.DoesNotContain(true, taken[3..]);
        var writing = WriteAsync();
        using var client = WebSocket.CreateFromStream(_client.GetStream(), new WebSocketCreationOptions());
        await TakeAsync(client);
        var received = new List<byte>();
        for (var number = 1; number <= Count; number++)
            received.Add(await TakeAsync(client));

        await writing.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Equal(Enumerable.Range(1, Count).Select(number => (byte)number), received);
        Assert.False(_cutOff.Task.IsCompleted);

        static byte[] Large(int number) => [.. Enumerable.Repeat((byte)number, 600_000)];

        async Task WriteAsync()
        {
            for (var number = 3; number <= Count; number++)
                Assert.True(await outbox.WriteAsync(Large(number), Token));
        }
    }

    [Fact]
    public async Task Subscription_ThatFailsWhileTheClientDoesNotTakeWhatWaits_IsToldSoInItsTurn()
    {
        await using var redis = await RedisServer.StartAsync(Token);
        await using var hub = await RunningHub.StartAsync(
            ("ConnectionStrings:redis", $"{redis.EndPoint},asyncTimeout=1000"), ("Events:Streams:some:MaxLength", "100000"));
        redis.Kill();
        var outbox = new HubOutbox(_socket, _cutOff.SetResult, new HubOptions());
        // More than the buffers of two sockets hold.
        Assert.True(outbox.TryWrite(new byte[64 * 1024 * 1024]));
        while (outbox.TryWrite(HubFrame.Pong))
        {
        }

        var feed = hub.App.Services.GetRequiredService<HubFeed>();
        await using var subscription = HubSubscription.Start(feed, new LiveTopic("some"), outbox);
        // Begun later, it fails later: by then the subscription has found no room for its error.
        await Assert.ThrowsAnyAsync<Exception>(() => feed.ListenAsync(new LiveTopic("some"), Token));
        Assert.False(subscription.HasEnded);
        using var client = WebSocket.CreateFromStream(_client.GetStream(), new WebSocketCreationOptions());
        await TakeAsync(client);
        string op;
        while ((op = await ReceiveAsync(client).WaitAsync(TimeSpan.FromSeconds(30), Token)) == "pong")
        {
        }

        Assert.Equal("error", op);
    }

    [Fact]
    public async Task Client_ThatDoesNotSayGoodbye_IsCutOffAfterFiveSeconds()
    {
        var outbox = new HubOutbox(_socket, _cutOff.SetResult, new HubOptions());

        outbox.Close(WebSocketCloseStatus.NormalClosure, "");
        await outbox.WhenClosed();
        outbox.Beat();
        Assert.False(_cutOff.Task.IsCompleted);
        await Task.Delay(TimeSpan.FromSeconds(5.1), Token);
        outbox.Beat();

        Assert.True(_cutOff.Task.IsCompleted);
    }

    [Fact]
    public async Task Heartbeat_ComesOnceAnInterval()
    {
        using var client = WebSocket.CreateFromStream(_client.GetStream(), new WebSocketCreationOptions());
        var outbox = new HubOutbox(_socket, _cutOff.SetResult, new HubOptions { Heartbeat = TimeSpan.FromSeconds(2) });
        await Task.Delay(TimeSpan.FromSeconds(2.1), Token);

        outbox.Beat();
        outbox.Beat();
        await outbox.WriteAsync(HubFrame.Pong, Token);

        Assert.Equal(["heartbeat", "pong"], [await ReceiveAsync(client), await ReceiveAsync(client)]);
    }

    [Fact]
    public async Task Pace_OfAClientThatHasWaited_IsFullAgainAndNoMore()
    {
        var pace = new SubscribePace(new HubOptions { MaxSubscriptions = 2, SubscribesPerMinute = 60 });
        Assert.Equal([true, true, false], Take(ref pace, 3));

        await Task.Delay(TimeSpan.FromSeconds(4), Token);

        Assert.Equal([true, true, false], Take(ref pace, 3));

        static bool[] Take(ref SubscribePace pace, int times)
        {
            var taken = new bool[times];
            for (var i = 0; i < times; i++)
                taken[i] = pace.TryTake();
            return taken;
        }
    }

    /// <summary>Receives one message, however long, and returns its last byte.</summary>
    private static async Task<byte> TakeAsync(WebSocket client)
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var received = await client.ReceiveAsync(buffer, Token).WaitAsync(TimeSpan.FromSeconds(30), Token);
            if (received.EndOfMessage)
                return buffer[Math.Max(0, received.Count - 1)];
        }
    }

    private static async Task<string> ReceiveAsync(WebSocket client)
    {
        var buffer = new byte[1000];
        var received = await client.ReceiveAsync(buffer, Token);
        return Encoding.UTF8.GetString(buffer, 0, received.Count).Split('"')[3];
    }
}
