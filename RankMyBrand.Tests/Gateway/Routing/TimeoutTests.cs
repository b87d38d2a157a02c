using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.Gateway.Routing.Upstreams;
using Yarp.ReverseProxy;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>What happens when something takes too long.</summary>
public sealed class TimeoutTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FirstByte_ThatDoesNotCome_Is504()
    {
        await using var backend = await Backend.StartAsync(handler: Answers.Never);
        await using var host = await StartAsync([backend], ("Services:test:Timeouts:FirstByte", "00:00:00.200"));

        var problem = await host.GetProblemAsync("/services/test/", HttpStatusCode.GatewayTimeout, "UNAVAILABLE");

        Assert.Contains("'test' has not begun to answer in time", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.Single(backend.Requests);
    }

    [Fact]
    public async Task FirstByte_OfASlowInstance_IsLookedForElsewhere()
    {
        await using var slow = await Backend.StartAsync("slow", Answers.Never);
        await using var fast = await Backend.StartAsync("fast");
        await using var host = await StartAsync(
            [slow, fast], ("Services:test:Timeouts:FirstByte", "00:00:00.300"), ("Services:test:LoadBalancingPolicy", "RoundRobin"));

        for (var i = 0; i < 4; i++)
            Assert.Equal("fast", await host.GetAsync());

        Assert.Equal(2, slow.Requests.Count);
    }

    [Fact]
    public async Task FirstByte_IsCountedFromTheEndOfTheUpload()
    {
        await using var backend = await Backend.StartAsync(handler: Answers.Echo);
        await using var host = await StartAsync([backend], ("Services:test:Timeouts:FirstByte", "00:00:00.500"));

        using var response = await host.Client.PostAsync(
            "/services/test/", new SlowContent(parts: 4, TimeSpan.FromMilliseconds(300)), Cancellation);

        Assert.Equal("4:xxxx", await response.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task FirstByte_AfterAnUpload_Is504()
    {
        await using var backend = await Backend.StartAsync(handler: async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            await Answers.Never(context);
        });
        await using var host = await StartAsync([backend], ("Services:test:Timeouts:FirstByte", "00:00:00.300"));

        using var response = await host.Client.PostAsync("/services/test/", new SlowContent(parts: 2, TimeSpan.FromMilliseconds(50)), Cancellation);

        await RoutingHost.ReadProblemAsync(response, HttpStatusCode.GatewayTimeout, "UNAVAILABLE");
    }

    [Fact]
    public async Task Total_OverAllAttempts_Is504()
    {
        await using var one = await Backend.StartAsync(handler: Answers.Never);
        await using var two = await Backend.StartAsync(handler: Answers.Never);
        await using var host = await StartAsync([one, two], ("Services:test:Timeouts:Total", "00:00:00.300"));

        var problem = await host.GetProblemAsync("/services/test/", HttpStatusCode.GatewayTimeout, "UNAVAILABLE");

        Assert.Contains("'test' has not answered within 0.3 s", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Total_WithinAnAnswer_BreaksIt()
    {
        await using var backend = await Backend.StartAsync(handler: BeginAndWaitAsync);
        await using var host = await StartAsync([backend], ("Services:test:Timeouts:Total", "00:00:00.500"));

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => host.GetAsync());
    }

    [Fact]
    public async Task Total_OfARoute_IsItsOwn()
    {
        await using var backend = await Backend.StartAsync(handler: Answers.Never);
        await using var host = await StartAsync(
            [],
            ("ReverseProxy:Clusters:slow:Destinations:one:Address", backend.Address),
            ("ReverseProxy:Routes:slow:ClusterId", "slow"),
            ("ReverseProxy:Routes:slow:Match:Path", "/slow/{**rest}"),
            ("ReverseProxy:Routes:slow:Timeout", "00:00:00.250"),
            ("ReverseProxy:Routes:first:ClusterId", "slow"),
            ("ReverseProxy:Routes:first:Match:Path", "/first/{**rest}"),
            ("ReverseProxy:Routes:first:Metadata:FirstByteTimeout", "00:00:00.250"));

        var slow = await host.GetProblemAsync("/slow/x", HttpStatusCode.GatewayTimeout, "UNAVAILABLE");
        var first = await host.GetProblemAsync("/first/x", HttpStatusCode.GatewayTimeout, "UNAVAILABLE");

        Assert.Contains("within 0.25 s", (string?)slow["detail"], StringComparison.Ordinal);
        Assert.Contains("has not begun", (string?)first["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_ThatNobodyAccepts_GoesElsewhere()
    {
        // A queue of connections that is full: further ones get no answer.
        using var deaf = new Socket(SocketType.Stream, ProtocolType.Tcp);
        deaf.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        deaf.Listen(0);
        using var filler = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await filler.ConnectAsync(deaf.LocalEndPoint!, Cancellation);
        await using var good = await Backend.StartAsync("good");
        await using var host = await StartAsync(
            [good],
            ("Services:test:Instances:deaf", $"http://{deaf.LocalEndPoint}/"),
            ("Services:test:Timeouts:Connect", "00:00:00.200"),
            ("Services:test:LoadBalancingPolicy", "RoundRobin"));

        for (var i = 0; i < 4; i++)
            Assert.Equal("good", await host.GetAsync());
    }

    [Fact]
    public async Task Timeouts_ChangedAtRunTime_Hold()
    {
        await using var backend = await Backend.StartAsync(handler: Answers.Never);
        await using var host = await StartAsync([backend], ("Services:test:Timeouts:FirstByte", "00:00:30"));

        host.Configuration.Change(("Services:test:Timeouts:FirstByte", "00:00:00.100"));
        await RoutingHost.WaitUntilAsync(
            () => Task.FromResult(host.Upstream.Options.Timeouts.FirstByte == TimeSpan.FromMilliseconds(100)), "the change is in force");

        await host.GetProblemAsync("/services/test/", HttpStatusCode.GatewayTimeout, "UNAVAILABLE");
    }

    [Fact]
    public async Task Connect_ChangedAtRunTime_Holds()
    {
        using var deaf = new Socket(SocketType.Stream, ProtocolType.Tcp);
        deaf.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        deaf.Listen(0);
        using var filler = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await filler.ConnectAsync(deaf.LocalEndPoint!, Cancellation);
        await using var host = await StartAsync(
            [], ("Services:test:Instances:deaf", $"http://{deaf.LocalEndPoint}/"), ("Services:test:Timeouts:Connect", "00:01:00"));

        host.Configuration.Change(("Services:test:Timeouts:Connect", "00:00:00.200"));
        await RoutingHost.WaitUntilAsync(
            () => Task.FromResult(
                host.Services.GetRequiredService<IProxyStateLookup>().TryGetCluster("service:test", out var cluster)
                && cluster.Model.Config.Metadata!["ConnectTimeout"] == "00:00:00.2000000"),
            "the change is in force");

        // Long before the time to the first byte is over.
        var problem = await host.GetProblemAsync("/services/test/", HttpStatusCode.GatewayTimeout, "UNAVAILABLE")
            .WaitAsync(TimeSpan.FromSeconds(15), Cancellation);
        Assert.Contains("'test' could not be reached in time", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Timeouts_CountAgainstTheInstance()
    {
        await using var backend = await Backend.StartAsync(handler: Answers.Never);
        await using var host = await StartAsync(
            [backend], ("Services:test:Timeouts:FirstByte", "00:00:00.050"), ("Services:test:Breaker:MinimumRequests", "2"));

        await host.GetStatusAsync("/services/test/");
        await host.GetStatusAsync("/services/test/");

        Assert.Equal(CircuitState.Open, Assert.Single(host.Destinations()).Breaker.State);
    }

    private static async Task BeginAndWaitAsync(HttpContext context)
    {
        await context.Response.WriteAsync("half", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await Answers.Never(context);
    }

    private static Task<RoutingHost> StartAsync(Backend[] backends, params (string Key, string? Value)[] settings) =>
        RoutingHost.StartAsync(backends, [("Services:test:HealthCheck:Active:Enabled", "false"), .. settings]);

    /// <summary>A body of unknown length that comes in parts.</summary>
    private sealed class SlowContent(int parts, TimeSpan pause) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (var i = 0; i < parts; i++)
            {
                await stream.WriteAsync("x"u8.ToArray(), Cancellation);
                await stream.FlushAsync(Cancellation);
                await Task.Delay(pause, Cancellation);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
