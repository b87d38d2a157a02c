using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Gateway.Hub;
using RankMyBrand.Tests.Gateway.Routing;
using RankMyBrand.Tests.ServiceDefaults;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Gateway.Hub;

/// <summary>The real-time hub on a real server, with clients on real WebSockets.</summary>
public sealed class HubTests(Servers servers)
{
    private readonly string _stream = $"hub.{Guid.NewGuid():N}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Subscriber_EventsPublished_GetsThemInOrder()
    {
        await using var hub = await StartAsync();
        await using var client = await HubClient.ConnectAsync(hub.Address);
        await client.SubscribeAsync(_stream);

        await PublishAsync(hub, 0, 50);

        Assert.Equal(Enumerable.Range(0, 50), await client.ReceiveNumbersAsync(50));
    }

    [Fact]
    public async Task Subscriber_WithALastSeenPlace_MissesNothingAndGetsNothingTwice()
    {
        await using var hub = await StartAsync();
        var places = await PublishAsync(hub, 0, 20);
        await using var client = await HubClient.ConnectAsync(hub.Address);

        await client.SubscribeAsync(_stream, after: places[6]);
        await PublishAsync(hub, 20, 10);

        Assert.Equal(Enumerable.Range(7, 23), await client.ReceiveNumbersAsync(23));
    }

    [Fact]
    public async Task Subscriber_OfOneType_GetsNoOther()
    {
        await using var hub = await StartAsync();
        await using var client = await HubClient.ConnectAsync(hub.Address);
        await client.SubscribeAsync(_stream, type: "wanted");

        await PublishAsync(hub, 0, 3, type: "unwanted");
        await PublishAsync(hub, 3, 2, type: "wanted");

        Assert.Equal([3, 4], await client.ReceiveNumbersAsync(2));
    }

    [Fact]
    public async Task Subscriber_OfOneTenant_GetsNothingOfAnother()
    {
        await using var hub = await StartAsync();
        await using var client = await HubClient.ConnectAsync(hub.Address, options => options.SetRequestHeader("X-Tenant-ID", "acme"));
        await client.SubscribeAsync(_stream);

        await PublishAsync(hub, 0, 2);
        await PublishAsync(hub, 2, 2, tenant: "globex");
        await PublishAsync(hub, 4, 2, tenant: "acme");

        Assert.Equal([4, 5], await client.ReceiveNumbersAsync(2));
    }

    [Fact]
    public async Task Subscriber_ThatUnsubscribes_GetsNoMore()
    {
        await using var hub = await StartAsync();
        await using var client = await HubClient.ConnectAsync(hub.Address);
        await client.SubscribeAsync(_stream);
        await client.SendAsync($$"""{"op":"unsubscribe","stream":"{{_stream}}"}""");
        Assert.Equal("unsubscribed", (await client.ReceiveAsync())?.GetProperty("op").GetString());

        await PublishAsync(hub, 0, 3);
        await client.SubscribeAsync(_stream);
        await PublishAsync(hub, 3, 1);

        Assert.Equal([3], await client.ReceiveNumbersAsync(1));
    }

    [Fact]
    public async Task Subscriber_OfAPartitionedStream_HearsAllPartitionsAndResumesInEach()
    {
        await using var hub = await StartAsync(($"Events:Streams:{_stream}:Partitions", "3"));
        await using var first = await HubClient.ConnectAsync(hub.Address);
        await first.SubscribeAsync(_stream);
        await PublishAsync(hub, 0, 30);
        var heard = await first.ReceiveEventsAsync(30);

        await using var second = await HubClient.ConnectAsync(hub.Address);
        await second.SubscribeAsync(_stream, after: heard[9].GetProperty("entryId").GetString());
        await PublishAsync(hub, 30, 10);
        var rest = await second.ReceiveNumbersAsync(30);

        var before = heard.Take(10).Select(message => message.GetProperty("data").GetProperty("n").GetInt32());
        Assert.Equal(Enumerable.Range(0, 40), before.Concat(rest).Order());
    }

    [Fact]
    public async Task Ping_IsAnswered()
    {
        await using var hub = await StartAsync();
        await using var client = await HubClient.ConnectAsync(hub.Address);

        await client.SendAsync("""{"op":"ping"}""");

        Assert.Equal("pong", (await client.ReceiveAsync())?.GetProperty("op").GetString());
    }

    [Theory]
    [InlineData("""{"op":"subscribe","stream":"no stream"}""", "NOT_FOUND", "There is no stream 'no stream'.")]
    [InlineData("""{"op":"subscribe","stream":"ai.responses","after":"yesterday"}""", "VALIDATION", "'yesterday' is not a place in a stream")]
    [InlineData("""{"op":"subscribe"}""", "VALIDATION", "The message is not understood")]
    [InlineData("""{"op":"shout"}""", "VALIDATION", "The message is not understood")]
    [InlineData("""[[[[[[[[]]]]]]]]""", "VALIDATION", "The message is not understood")]
    [InlineData("nonsense", "VALIDATION", "The message is not understood")]
    [InlineData("", "VALIDATION", "The message is not understood")]
    public async Task Request_ThatIsWrong_IsAnsweredWithTheReasonAndTheConnectionLives(string request, string code, string detail)
    {
        await using var hub = await StartAsync();
        await using var client = await HubClient.ConnectAsync(hub.Address);

        await client.SendAsync(request);
        var answer = (await client.ReceiveAsync())!.Value;
        await client.SendAsync("""{"op":"ping"}""");

        Assert.Equal("error", answer.GetProperty("op").GetString());
        Assert.Equal(code, answer.GetProperty("code").GetString());
        Assert.StartsWith(detail, answer.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("pong", (await client.ReceiveAsync())?.GetProperty("op").GetString());
    }

    [Fact]
    public async Task Subscribe_ToTheSameStreamTwice_IsAConflict()
    {
        await using var hub = await StartAsync();
        await using var client = await HubClient.ConnectAsync(hub.Address);
        await client.SubscribeAsync(_stream);

        await client.SendAsync($$"""{"op":"subscribe","stream":"{{_stream}}"}""");

        Assert.Equal("CONFLICT", (await client.ReceiveAsync())?.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Subscribe_ToMoreStreamsThanAllowed_IsRefused()
    {
        await using var hub = await StartAsync(("Hub:MaxSubscriptions", "1"));
        await using var client = await HubClient.ConnectAsync(hub.Address);
        await client.SubscribeAsync(_stream);

        await client.SendAsync("""{"op":"subscribe","stream":"ai.responses"}""");

        Assert.StartsWith("You follow 1 streams", (await client.ReceiveAsync())?.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Subscribe_OverAndOver_IsRefusedForAWhile()
    {
        await using var hub = await StartAsync(("Hub:MaxSubscriptions", "3"), ("Hub:SubscribesPerMinute", "1"));
        await using var client = await HubClient.ConnectAsync(hub.Address);
        for (var i = 0; i < 3; i++)
        {
            await client.SubscribeAsync(_stream, after: "0-0");
            await client.SendAsync($$"""{"op":"unsubscribe","stream":"{{_stream}}"}""");
            Assert.Equal("unsubscribed", (await client.ReceiveAsync())?.GetProperty("op").GetString());
        }

        await client.SendAsync($$"""{"op":"subscribe","stream":"{{_stream}}","after":"0-0"}""");

        var refusal = await client.ReceiveAsync();
        Assert.Equal("RATE_LIMITED", refusal?.GetProperty("code").GetString());
        Assert.Equal($"You subscribe more than 1 times a minute; subscribe to '{_stream}' later.", refusal?.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Subscribe_WhileRedisIsAway_IsToldSoAndMayBeDoneAgain()
    {
        await using var redis = await RedisServer.StartAsync(Token);
        await using var hub = await RunningHub.StartAsync(("ConnectionStrings:redis", $"{redis.EndPoint},asyncTimeout=1000"), ($"Events:Streams:{_stream}:MaxLength", "100000"));
        await using var client = await HubClient.ConnectAsync(hub.Address);
        redis.Kill();

        await client.SendAsync($$"""{"op":"subscribe","stream":"{{_stream}}"}""");
        var refusal = (await client.ReceiveAsync())!.Value;
        Assert.Equal("UNAVAILABLE", refusal.GetProperty("code").GetString());
        Assert.Equal(_stream, refusal.GetProperty("stream").GetString());

        await redis.RestartAsync(Token);
        JsonElement answer;
        do
        {
            await Task.Delay(100, Token);
            await client.SendAsync($$"""{"op":"subscribe","stream":"{{_stream}}"}""");
            answer = (await client.ReceiveAsync())!.Value;
        }
        while (answer.TryGetProperty("code", out var code) && code.GetString() == "UNAVAILABLE");
        Assert.Equal("subscribed", answer.GetProperty("op").GetString());
    }

    [Fact]
    public async Task Client_ThatLeaves_IsReadForNoMore()
    {
        await using var hub = await StartAsync();
        var redis = hub.App.Services.GetRequiredService<IConnectionMultiplexer>();
        await using (var client = await HubClient.ConnectAsync(hub.Address))
        {
            await client.SubscribeAsync(_stream);
            await RoutingHost.WaitUntilAsync(IsReadAsync, "the stream is read");
            await client.CloseAsync();
        }

        await RoutingHost.WaitUntilAsync(async () => !await IsReadAsync(), "the stream is not read any more");

        async Task<bool> IsReadAsync() =>
            ((string?)await redis.GetServers()[0].ExecuteAsync("CLIENT", "LIST"))!.Contains($"name=live:{_stream}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Message_ThatIsTooLong_ClosesTheConnection()
    {
        await using var hub = await StartAsync();
        await using var client = await HubClient.ConnectAsync(hub.Address);

        await client.SendAsync(new string('x', HubRequest.MaxBytes + 1));

        Assert.Null(await client.ReceiveAsync());
        Assert.Equal(WebSocketCloseStatus.MessageTooBig, client.CloseStatus);
    }

    [Fact]
    public async Task Messages_ThatComeTogether_AreEachAnswered()
    {
        await using var hub = await StartAsync();
        await using var client = await HubClient.ConnectAsync(hub.Address);

        // Many of them begin in one of the server's buffers and end in the next.
        for (var i = 0; i < 40; i++)
            await client.SendAsync("""{"op":"ping"}""".PadRight(3000));

        for (var i = 0; i < 40; i++)
            Assert.Equal("pong", (await client.ReceiveAsync())?.GetProperty("op").GetString());
    }

    [Fact]
    public async Task Message_WhoseEndComesByItself_MayBeAsLongAsAnother()
    {
        await using var hub = await StartAsync();
        await using var client = await HubClient.ConnectAsync(hub.Address);

        await client.SendBeforeItsEndAsync("""{"op":"ping"}""".PadRight(HubRequest.MaxBytes));

        Assert.Equal("pong", (await client.ReceiveAsync())?.GetProperty("op").GetString());
    }

    [Fact]
    public async Task SilentClient_GetsHeartbeats()
    {
        await using var hub = await StartAsync(("Hub:Heartbeat", "00:00:01"));
        await using var client = await HubClient.ConnectAsync(hub.Address);

        Assert.Equal("heartbeat", (await client.ReceiveAsync())?.GetProperty("op").GetString());
        Assert.Equal("heartbeat", (await client.ReceiveAsync())?.GetProperty("op").GetString());
    }

    [Fact]
    public async Task ConnectedClient_HoldsNothingOfItsRequest()
    {
        await using var hub = await StartAsync();
        await using var client = await HubClient.ConnectAsync(hub.Address);

        await hub.Requests.WaitUntilFreedAsync();

        await client.SendAsync("""{"op":"ping"}""");
        Assert.Equal("pong", (await client.ReceiveAsync())?.GetProperty("op").GetString());
    }

    [Fact]
    public async Task SlowClient_IsDisconnectedAndDisturbsNobody()
    {
        await using var hub = await StartAsync(("Hub:SendTimeout", "00:00:02"));
        await using var slow = await HubClient.ConnectAsync(hub.Address);
        await using var quick = await HubClient.ConnectAsync(hub.Address);
        await slow.SubscribeAsync(_stream);
        await quick.SubscribeAsync(_stream);
        var received = quick.ReceiveNumbersAsync(3000);

        // More than the buffers of two sockets hold, so that the slow client's connection stands still.
        for (var first = 0; first < 3000; first += 100)
            await PublishAsync(hub, first, 100, padding: 8000);

        Assert.Equal(Enumerable.Range(0, 3000), await received);
        await hub.WaitForConnectionsAsync(1);
    }

    [Fact]
    public async Task Client_ThatDoesNotKeepUp_IsToldToResume()
    {
        await using var hub = await StartAsync(("Hub:SendTimeout", "00:05:00"), ("Hub:Heartbeat", "00:00:20"));
        await using var slow = await HubClient.ConnectAsync(hub.Address);
        await slow.SubscribeAsync(_stream);

        // More than the buffers of two sockets hold, and than the 4096 events that may wait behind them.
        for (var first = 0; first < 7000; first += 200)
            await PublishAsync(hub, first, 200, padding: 8000);

        var heard = 0;
        while (await slow.ReceiveAsync() is { } message)
        {
            Assert.Equal("event", message.GetProperty("op").GetString());
            Assert.Equal(heard++, message.GetProperty("data").GetProperty("n").GetInt32());
        }

        Assert.InRange(heard, 4096, 6999);
        Assert.Equal(HubConnection.TryAgainLater, slow.CloseStatus);
        Assert.Equal($"Too slow for '{_stream}'; resume after the last event.", slow.CloseReason);
    }

    [Fact]
    public async Task Clients_OfAGatewayThatStops_AreSentElsewhere()
    {
        await using var hub = await StartAsync();
        await using var client = await HubClient.ConnectAsync(hub.Address);
        await client.SubscribeAsync(_stream);

        // As a signal to the process does, before the drain.
        hub.App.Lifetime.StopApplication();

        Assert.Null(await client.ReceiveAsync());
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, client.CloseStatus);
        Assert.StartsWith("The gateway stops", client.CloseReason, StringComparison.Ordinal);
        // Load balancers do not know yet.
        var refused = await Assert.ThrowsAsync<WebSocketException>(() => HubClient.ConnectAsync(hub.Address));
        Assert.Contains("503", refused.Message, StringComparison.Ordinal);
        await client.CloseAsync();
    }

    [Fact]
    public async Task Client_BeyondTheLimit_IsRefusedUntilOneLeaves()
    {
        await using var hub = await StartAsync(("Hub:MaxConnections", "1"));
        await using (var first = await HubClient.ConnectAsync(hub.Address))
        {
            var refused = await Assert.ThrowsAsync<WebSocketException>(() => HubClient.ConnectAsync(hub.Address));
            Assert.Contains("503", refused.Message, StringComparison.Ordinal);
            await first.CloseAsync();
        }

        await hub.WaitForConnectionsAsync(0);
        await using var second = await HubClient.ConnectAsync(hub.Address);
        await second.SendAsync("""{"op":"ping"}""");
        Assert.Equal("pong", (await second.ReceiveAsync())?.GetProperty("op").GetString());
    }

    [Fact]
    public async Task OrdinaryRequest_IsToldToUpgrade()
    {
        await using var hub = await StartAsync();

        var (response, problem) = await hub.GetJsonAsync("/ws");

        Assert.Equal(HttpStatusCode.UpgradeRequired, response.StatusCode);
        Assert.Equal("VALIDATION", problem.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Token_OfferedAsASubprotocol_BecomesTheAuthorization()
    {
        await using var hub = await StartAsync();

        await using var client = await HubClient.ConnectAsync(hub.Address, options =>
        {
            options.AddSubProtocol("rankmybrand.v1");
            options.AddSubProtocol("bearer.secret-token");
        });

        Assert.Equal("rankmybrand.v1", client.SubProtocol);
        Assert.Equal("Bearer secret-token", hub.LastAuthorization);
    }

    private async Task<RunningHub> StartAsync(params (string Key, string Value)[] settings) =>
        await RunningHub.StartAsync([("ConnectionStrings:redis", await servers.GetRedisAsync()), ($"Events:Streams:{_stream}:MaxLength", "100000"), .. settings]);

    private async Task<IReadOnlyList<string>> PublishAsync(
        RunningHub hub, int first, int count, string type = "counted", string? tenant = null, int padding = 0)
    {
        var results = await hub.App.Services.GetRequiredService<IEventBus>().PublishAsync(
            _stream,
            [.. Enumerable.Range(first, count).Select(n => new StreamEvent
            {
                Type = type,
                Tenant = tenant,
                Data = Encoding.UTF8.GetBytes($$"""{"n":{{n}},"padding":"{{new string('x', padding)}}"}"""),
            })],
            Token);
        Assert.All(results, result => Assert.Null(result.Rejection));
        return [.. results.Select(result => result.Published.EntryId)];
    }
}
