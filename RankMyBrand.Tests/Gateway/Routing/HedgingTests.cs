using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using RankMyBrand.Gateway.Routing.Upstreams;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>Second attempts beside slow ones.</summary>
public sealed class HedgingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_AtASlowInstance_IsAnsweredByAFastOneAndCancelledThere()
    {
        var cancelled = 0;
        await using var slow = await Backend.StartAsync("slow", async context =>
        {
            try
            {
                await Answers.Never(context);
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref cancelled);
            }
        });
        await using var fast = await Backend.StartAsync("fast");
        await using var host = await StartAsync([slow, fast]);

        for (var i = 0; i < 6; i++)
            Assert.Equal("fast", await host.GetAsync("/services/test/a%20b?x"));

        Assert.Equal(Enumerable.Repeat("GET /a%20b?x", 6), fast.Requests);
        Assert.Equal(3, slow.Requests.Count);
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(Volatile.Read(ref cancelled) == 3), "the slow requests are cancelled");
        Assert.All(host.Destinations(), destination => Assert.Equal((0, CircuitState.Closed), (destination.InFlight, destination.Breaker.State)));
    }

    [Fact]
    public async Task Put_WithABody_ArrivesWholeAtBoth()
    {
        await using var slow = await Backend.StartAsync("slow", Answers.Never);
        await using var fast = await Backend.StartAsync("fast", Answers.Echo);
        await using var host = await StartAsync([slow, fast]);

        for (var i = 0; i < 4; i++)
        {
            using var response = await host.Client.PutAsync("/services/test/", new StringContent("the body"), Cancellation);
            Assert.Equal("8:the body", await response.Content.ReadAsStringAsync(Cancellation));
        }
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("DELETE")]
    public async Task Request_WhoseAnswersDiffer_IsNeverHedged(string method)
    {
        var release = new TaskCompletionSource();
        await using var one = await Backend.StartAsync("one", _ => release.Task);
        await using var two = await Backend.StartAsync("two", _ => release.Task);
        await using var host = await StartAsync([one, two]);

        using var request = new HttpRequestMessage(new HttpMethod(method), "/services/test/");
        var sending = host.Client.SendAsync(request, Cancellation);
        var getting = host.Client.GetAsync("/services/test/", Cancellation);
        await RoutingHost.WaitUntilAsync(
            () => Task.FromResult(one.Requests.Concat(two.Requests).Count(request => request.StartsWith("GET", StringComparison.Ordinal)) == 2),
            "the GET is hedged");

        Assert.Equal(1, one.Requests.Concat(two.Requests).Count(request => request.StartsWith(method, StringComparison.Ordinal)));
        release.SetResult();
        using (await sending)
        using (await getting)
        {
        }
    }

    [Fact]
    public async Task WebSocket_IsNeverHedged()
    {
        var release = new TaskCompletionSource();
        await using var one = await Backend.StartAsync("one", AcceptAsync);
        await using var two = await Backend.StartAsync("two", AcceptAsync);
        await using var host = await StartAsync([one, two]);
        using var client = new ClientWebSocket();

        var connecting = client.ConnectAsync(new UriBuilder(host.Address) { Scheme = "ws", Path = "/services/test/socket" }.Uri, Cancellation);
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(Count("GET /socket") > 0), "the handshake is under way");
        var getting = host.Client.GetAsync("/services/test/", Cancellation);
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(Count("GET /") == 2), "the GET is hedged");

        Assert.Equal(1, Count("GET /socket"));
        release.SetResult();
        await connecting;
        using (await getting)
        {
        }

        int Count(string request) => one.Requests.Concat(two.Requests).Count(seen => seen == request);

        async Task AcceptAsync(HttpContext context)
        {
            await release.Task;
            if (!context.WebSockets.IsWebSocketRequest)
                return;
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
        }
    }

    [Fact]
    public async Task Get_AtAFastInstance_IsSentOnce()
    {
        await using var one = await Backend.StartAsync("one");
        await using var two = await Backend.StartAsync("two");
        await using var host = await StartAsync([one, two], ("Services:test:Hedging:Delay", "00:00:30"));

        for (var i = 0; i < 10; i++)
            await host.GetAsync();

        Assert.Equal(10, one.Requests.Count + two.Requests.Count);
    }

    [Fact]
    public async Task Second_ThatFails_LeavesItToTheFirst()
    {
        var failed = new TaskCompletionSource();
        await using var good = await Backend.StartAsync("good", async context =>
        {
            await failed.Task;
            await context.Response.WriteAsync("good", context.RequestAborted);
        });
        await using var bad = await Backend.StartAsync("bad", context =>
        {
            context.Response.StatusCode = 503;
            context.Response.OnCompleted(() =>
            {
                failed.TrySetResult();
                return Task.CompletedTask;
            });
            return Task.CompletedTask;
        });
        await using var host = await StartAsync([good, bad], ("Services:test:Retries:Attempts", "0"));

        // Either goes first: the bad one then fails before there is a second, and there are no retries here.
        var statuses = new List<HttpStatusCode> { await host.GetStatusAsync("/services/test/"), await host.GetStatusAsync("/services/test/") };

        Assert.Contains(HttpStatusCode.OK, statuses);
    }

    [Fact]
    public async Task Both_ThatFail_AreFollowedByTheThird()
    {
        await using var good = await Backend.StartAsync("good");
        await using var one = await Backend.StartAsync("one", LateBreakAsync);
        await using var two = await Backend.StartAsync("two", LateBreakAsync);
        await using var host = await StartAsync([good, one, two], ("Services:test:Breaker:Enabled", "false"));

        for (var i = 0; i < 9; i++)
            Assert.Equal("good", await host.GetAsync());

        Assert.All(host.Destinations(), destination => Assert.Equal(0, destination.InFlight));

        static async Task LateBreakAsync(HttpContext context)
        {
            await Task.Delay(150, context.RequestAborted);
            context.Abort();
        }
    }

    [Fact]
    public void Delay_WhenNotConfigured_IsThe95thPercentile()
    {
        var latencies = new LatencyWindow();
        Assert.Null(latencies.P95);

        for (var i = 1; i <= 256; i++)
            latencies.Add(TimeSpan.FromMilliseconds(i % 100 + 1));

        Assert.InRange(latencies.P95!.Value.TotalMilliseconds, 90, 99);

        for (var i = 0; i < 256; i++)
            latencies.Add(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), latencies.P95);
    }

    [Fact]
    public async Task Delay_WhenNotConfigured_IsLearnt()
    {
        var isSlow = false;
        await using var one = await Backend.StartAsync("one", AnswerAsync);
        await using var two = await Backend.StartAsync("two");
        await using var host = await StartAsync([one, two], ("Services:test:Hedging:Delay", null));
        for (var i = 0; i < 64; i++)
            await host.GetAsync();

        Volatile.Write(ref isSlow, true);

        for (var i = 0; i < 4; i++)
            Assert.Equal("two", await host.GetAsync());

        Task AnswerAsync(HttpContext context) => Volatile.Read(ref isSlow) ? Answers.Never(context) : context.Response.WriteAsync("one");
    }

    private static Task<RoutingHost> StartAsync(Backend[] backends, params (string Key, string? Value)[] settings) => RoutingHost.StartAsync(
        backends,
        [
            ("Services:test:Hedging:Enabled", "true"),
            ("Services:test:Hedging:Delay", "00:00:00.050"),
            ("Services:test:LoadBalancingPolicy", "RoundRobin"),
            ("Services:test:HealthCheck:Active:Enabled", "false"),
            .. settings,
        ]);
}
