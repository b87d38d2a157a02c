using System.Net;
using Microsoft.AspNetCore.Http;
using RankMyBrand.Gateway.Routing.Upstreams;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>How many requests a service gets at a time.</summary>
public sealed class BulkheadTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_BeyondTheLimit_WaitAndThenAreRefused()
    {
        var release = new TaskCompletionSource();
        await using var backend = await Backend.StartAsync(handler: _ => release.Task);
        await using var host = await StartAsync(backend, concurrency: 2, queue: 1, timeout: "00:00:30");

        var running = new[] { host.GetAsync(), host.GetAsync() };
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(backend.Requests.Count == 2), "two are under way");
        var first = host.Client.GetAsync("/services/test/", Cancellation);
        var second = host.Client.GetAsync("/services/test/", Cancellation);
        var refused = await await Task.WhenAny(first, second);
        var waiting = (await Task.WhenAny(first, second)) == first ? second : first;

        await RoutingHost.ReadProblemAsync(refused, HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        Assert.False(waiting.IsCompleted);
        Assert.Equal(2, backend.Requests.Count);
        release.SetResult();
        await Task.WhenAll(running);
        using var answered = await waiting;
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await host.GetStatusAsync("/services/test/"));
    }

    [Fact]
    public async Task Waiting_ForTooLong_Is503()
    {
        var release = new TaskCompletionSource();
        await using var backend = await Backend.StartAsync(handler: _ => release.Task);
        await using var host = await StartAsync(backend, concurrency: 1, queue: 10, timeout: "00:00:00.200");
        var running = host.GetAsync();
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(backend.Requests.Count == 1), "one is under way");

        await host.GetProblemAsync("/services/test/", HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");

        release.SetResult();
        await running;
        Assert.Single(backend.Requests);
    }

    [Fact]
    public async Task Client_ThatIsSlowToSendASmallBody_TakesNoPlace()
    {
        await using var one = await Backend.StartAsync();
        await using var two = await Backend.StartAsync();
        await using var host = await RoutingHost.StartAsync(
            [one, two],
            ("Services:test:Timeouts:Total", "00:00:02"),
            ("Services:test:Bulkhead:MaxConcurrency", "1"),
            ("Services:test:Bulkhead:QueueLength", "1"),
            ("Services:test:Bulkhead:QueueTimeout", "00:00:00.5"));
        await using var slow = await RawClient.ConnectAsync(host.Address);
        await slow.SendAsync("PUT /services/test/ HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");

        for (var i = 0; i < 20; i++)
            Assert.Equal(HttpStatusCode.OK, await host.GetStatusAsync("/services/test/"));
        var answer = await slow.ReadAsync();

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("The request body has not arrived within 2 s.", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("PUT /", one.Requests.Concat(two.Requests));
    }

    [Fact]
    public async Task Request_ThatNoInstanceIsThereFor_LeavesItsPlace()
    {
        await using var backend = await Backend.StartAsync();
        await using var host = await RoutingHost.StartAsync(
            [backend],
            ("Services:test:Bulkhead:MaxConcurrency", "1"),
            ("Services:test:Bulkhead:QueueLength", "0"),
            ("Services:test:HealthCheck:Active:Interval", "00:00:00.100"),
            ("Services:test:HealthCheck:Active:Threshold", "1"));
        backend.IsHealthy = false;
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(host.Destinations().Length == 0), "the instance is left out");

        for (var i = 0; i < 2; i++)
        {
            var problem = await host.GetProblemAsync("/services/test/", HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
            Assert.Contains("No instance of 'test' is healthy", (string?)problem["detail"], StringComparison.Ordinal);
        }

        backend.IsHealthy = true;
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(host.Destinations().Length == 1), "the instance is back");
        Assert.Equal("backend", await host.GetAsync());
    }

    [Fact]
    public async Task Client_ThatGoesAwayWhileItWaits_MakesRoom()
    {
        var release = new TaskCompletionSource();
        await using var backend = await Backend.StartAsync(handler: _ => release.Task);
        await using var host = await StartAsync(backend, concurrency: 1, queue: 1, timeout: "00:00:50");
        var running = host.GetAsync();
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(backend.Requests.Count == 1), "one is under way");
        using var leave = new CancellationTokenSource();
        var leaving = host.Client.GetAsync("/services/test/", leave.Token);
        await Task.Delay(500, Cancellation);

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);

        // The server may notice a little later than the client.
        Task<HttpResponseMessage> waiting = null!;
        await RoutingHost.WaitUntilAsync(
            async () => await Task.WhenAny(waiting = host.Client.GetAsync("/services/test/", Cancellation), Task.Delay(300, Cancellation)) != waiting,
            "there is room in the queue");
        release.SetResult();
        await running;
        using var answered = await waiting;
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
    }

    [Fact]
    public async Task Streams_ThatHaveBegun_DoNotCount()
    {
        await using var backend = await Backend.StartAsync(handler: async context =>
        {
            if (context.Request.Path != "/stream")
                return;
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Answers.Never(context);
        });
        await using var host = await StartAsync(backend, concurrency: 1, queue: 0, timeout: "00:00:01");

        using var stream = await host.Client.GetAsync("/services/test/stream", HttpCompletionOption.ResponseHeadersRead, Cancellation);

        Assert.Equal(HttpStatusCode.OK, await host.GetStatusAsync("/services/test/"));
    }

    [Theory]
    [InlineData(3, 0)]
    [InlineData(3, 100)]
    public async Task Places_AskedForByManyAtOnce_AreNeverMoreThanTheLimit(int concurrency, int queue)
    {
        var options = new BulkheadOptions { MaxConcurrency = concurrency, QueueLength = queue, QueueTimeout = TimeSpan.FromMilliseconds(5) };
        var bulkhead = new Bulkhead();
        var (now, most, admitted) = (0, 0, 0);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(AskAsync, Cancellation)));

        Assert.InRange(most, 1, concurrency);
        Assert.Equal(0, now);
        // All places are free again.
        for (var i = 0; i < concurrency; i++)
            Assert.True(await bulkhead.EnterAsync(options, Cancellation));
        Assert.False(await bulkhead.EnterAsync(options, Cancellation));

        async Task AskAsync()
        {
            for (var i = 0; i < 20; i++)
            {
                if (!await bulkhead.EnterAsync(options, Cancellation))
                    continue;
                var running = Interlocked.Increment(ref now);
                Interlocked.Increment(ref admitted);
                InterlockedMax(ref most, running);
                await Task.Yield();
                Interlocked.Decrement(ref now);
                bulkhead.Leave(options);
            }
        }
    }

    [Fact]
    public async Task Place_GivenUpBeforeItsTurn_GoesToTheNext()
    {
        var options = new BulkheadOptions { MaxConcurrency = 1, QueueLength = 2, QueueTimeout = TimeSpan.FromSeconds(30) };
        var bulkhead = new Bulkhead();
        await bulkhead.EnterAsync(options, Cancellation);
        using var leave = new CancellationTokenSource();
        var impatient = bulkhead.EnterAsync(options, leave.Token).AsTask();
        var patient = bulkhead.EnterAsync(options, Cancellation).AsTask();

        await leave.CancelAsync();
        Assert.False(await impatient);
        bulkhead.Leave(options);

        Assert.True(await patient);
    }

    [Fact]
    public async Task Limit_LoweredWhileSomebodyWaits_HoldsFromTheNextOnWhoLeaves()
    {
        var (many, one) = (new BulkheadOptions { MaxConcurrency = 3, QueueLength = 9 }, new BulkheadOptions { MaxConcurrency = 1, QueueLength = 9 });
        var bulkhead = new Bulkhead();
        for (var i = 0; i < 3; i++)
            Assert.True(await bulkhead.EnterAsync(many, Cancellation));
        var waiting = bulkhead.EnterAsync(many, Cancellation).AsTask();

        bulkhead.Leave(one);
        bulkhead.Leave(one);
        Assert.False(waiting.IsCompleted);
        bulkhead.Leave(one);

        Assert.True(await waiting);
    }

    [Fact]
    public async Task Limit_Raised_LetsThoseInWhoWait()
    {
        var bulkhead = new Bulkhead();
        Assert.True(await bulkhead.EnterAsync(new BulkheadOptions { MaxConcurrency = 1, QueueLength = 9 }, Cancellation));
        var waiting = bulkhead.EnterAsync(new BulkheadOptions { MaxConcurrency = 1, QueueLength = 9, QueueTimeout = TimeSpan.FromMinutes(1) }, Cancellation).AsTask();

        Assert.True(await bulkhead.EnterAsync(new BulkheadOptions { MaxConcurrency = 3, QueueLength = 9 }, Cancellation));

        Assert.True(await waiting);
    }

    [Fact]
    public async Task Queue_OfThoseWhoHaveLeft_HasRoom()
    {
        var options = new BulkheadOptions { MaxConcurrency = 1, QueueLength = 3, QueueTimeout = TimeSpan.FromMinutes(1) };
        var bulkhead = new Bulkhead();
        Assert.True(await bulkhead.EnterAsync(options, Cancellation));
        var first = bulkhead.EnterAsync(options, Cancellation).AsTask();
        using var leave = new CancellationTokenSource();
        var others = new[] { bulkhead.EnterAsync(options, leave.Token).AsTask(), bulkhead.EnterAsync(options, leave.Token).AsTask() };
        await leave.CancelAsync();
        Assert.All(await Task.WhenAll(others), Assert.False);

        var newcomer = bulkhead.EnterAsync(options, Cancellation).AsTask();

        Assert.False(newcomer.IsCompleted);
        bulkhead.Leave(options);
        Assert.True(await first);
        bulkhead.Leave(options);
        Assert.True(await newcomer);
    }

    private static Task<RoutingHost> StartAsync(Backend backend, int concurrency, int queue, string timeout) => RoutingHost.StartAsync(
        [backend],
        ("Services:test:Bulkhead:MaxConcurrency", $"{concurrency}"),
        ("Services:test:Bulkhead:QueueLength", $"{queue}"),
        ("Services:test:Bulkhead:QueueTimeout", timeout));

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); seen < value; seen = Volatile.Read(ref target))
            Interlocked.CompareExchange(ref target, value, seen);
    }
}
