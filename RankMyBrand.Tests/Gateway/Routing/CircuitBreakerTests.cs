using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.Gateway.Routing.Upstreams;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>When a destination gets no more requests, and when it gets some again.</summary>
public sealed class CircuitBreakerTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly BreakerOptions _options = new()
    {
        MinimumRequests = 4,
        FailureRatio = 0.5,
        Window = TimeSpan.FromSeconds(10),
        OpenFor = TimeSpan.FromSeconds(5),
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Circuit_BelowTheMinimum_StaysClosed()
    {
        var breaker = new CircuitBreaker(_time);

        Fail(breaker, 3);

        Assert.Equal(CircuitState.Closed, breaker.State);
        Assert.True(breaker.TryPass(out var isProbe));
        Assert.False(isProbe);
    }

    [Fact]
    public void Circuit_OpenWhenTheSettingsChange_FollowsThem()
    {
        var breaker = new CircuitBreaker(_time);
        Fail(breaker, 4);
        Assert.Equal(TimeSpan.FromSeconds(5), breaker.OpenFor);

        Assert.False(breaker.Change(new BreakerOptions { OpenFor = TimeSpan.FromSeconds(2) }));
        Assert.Equal(TimeSpan.FromSeconds(2), breaker.OpenFor);
        Assert.False(breaker.TryPass(out _));

        Assert.True(breaker.Change(new BreakerOptions { Enabled = false }));
        Assert.True(breaker.TryPass(out var isProbe));
        Assert.False(isProbe);
    }

    [Fact]
    public void Circuit_AtTheRatio_OpensForItsTime()
    {
        var breaker = new CircuitBreaker(_time);
        breaker.Report(AttemptOutcome.Succeeded, isProbe: false, _options);
        breaker.Report(AttemptOutcome.Succeeded, isProbe: false, _options);

        Fail(breaker, 1);
        Assert.Equal(CircuitState.Closed, breaker.State);
        Assert.True(breaker.Report(AttemptOutcome.Failed, isProbe: false, _options));

        Assert.Equal(CircuitState.Open, breaker.State);
        Assert.False(breaker.TryPass(out _));
        Assert.Equal(TimeSpan.FromSeconds(5), breaker.OpenFor);
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(breaker.TryPass(out _));
    }

    [Fact]
    public void Circuit_WithFewFailuresAmongMany_StaysClosed()
    {
        var breaker = new CircuitBreaker(_time);

        for (var i = 0; i < 100; i++)
            breaker.Report(i % 3 == 2 ? AttemptOutcome.Failed : AttemptOutcome.Succeeded, isProbe: false, _options);

        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    public void Failures_OlderThanTheWindow_DoNotCount()
    {
        var breaker = new CircuitBreaker(_time);
        Fail(breaker, 3);
        _time.Advance(TimeSpan.FromSeconds(11));

        Fail(breaker, 3);

        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    public void Abandoned_Attempts_DoNotCount()
    {
        var breaker = new CircuitBreaker(_time);

        for (var i = 0; i < 100; i++)
            breaker.Report(AttemptOutcome.Abandoned, isProbe: false, _options);
        Fail(breaker, 3);

        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    public void Unreachable_AFewTimesInARow_OpensWhateverThereWasBefore()
    {
        var breaker = new CircuitBreaker(_time);
        for (var i = 0; i < 1000; i++)
            breaker.Report(AttemptOutcome.Succeeded, isProbe: false, _options);

        breaker.Report(AttemptOutcome.Unreachable, isProbe: false, _options);
        breaker.Report(AttemptOutcome.Unreachable, isProbe: false, _options);
        breaker.Report(AttemptOutcome.Succeeded, isProbe: false, _options);
        breaker.Report(AttemptOutcome.Unreachable, isProbe: false, _options);
        breaker.Report(AttemptOutcome.Unreachable, isProbe: false, _options);
        Assert.Equal(CircuitState.Closed, breaker.State);
        Assert.True(breaker.Report(AttemptOutcome.Unreachable, isProbe: false, _options));

        Assert.Equal(CircuitState.Open, breaker.State);
        _time.Advance(TimeSpan.FromSeconds(5));
        breaker.TryPass(out _);
        breaker.Report(AttemptOutcome.Unreachable, isProbe: true, _options);
        Assert.Equal(CircuitState.Open, breaker.State);
    }

    [Fact]
    public void HalfOpen_LetsOneThroughAndClosesWhenItSucceeds()
    {
        var breaker = Open();

        Assert.True(breaker.TryPass(out var isProbe));
        Assert.True(isProbe);
        Assert.Equal(CircuitState.HalfOpen, breaker.State);
        Assert.False(breaker.TryPass(out _));

        Assert.True(breaker.Report(AttemptOutcome.Succeeded, isProbe: true, _options));
        Assert.Equal(CircuitState.Closed, breaker.State);
        // With a clean record.
        Fail(breaker, 3);
        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    public void HalfOpen_WhoseProbeFails_OpensForItsTimeAgain()
    {
        var breaker = Open();
        breaker.TryPass(out _);

        breaker.Report(AttemptOutcome.Failed, isProbe: true, _options);

        Assert.Equal(CircuitState.Open, breaker.State);
        Assert.False(breaker.TryPass(out _));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(breaker.TryPass(out var isProbe));
        Assert.True(isProbe);
    }

    [Fact]
    public void HalfOpen_WhoseProbeIsAbandoned_LetsTheNextProbe()
    {
        var breaker = Open();
        breaker.TryPass(out _);

        breaker.Report(AttemptOutcome.Abandoned, isProbe: true, _options);

        Assert.True(breaker.TryPass(out var isProbe));
        Assert.True(isProbe);
    }

    [Fact]
    public void LateFailures_OfRequestsFromBefore_DoNotDecideTheProbe()
    {
        var breaker = Open();
        breaker.TryPass(out _);

        Fail(breaker, 10);

        Assert.Equal(CircuitState.HalfOpen, breaker.State);
        breaker.Report(AttemptOutcome.Succeeded, isProbe: true, _options);
        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    public void Probes_AskedForByManyAtOnce_AreOne()
    {
        var breaker = Open();
        var passed = 0;

        Parallel.For(0, 1000, _ =>
        {
            if (breaker.TryPass(out var _))
                Interlocked.Increment(ref passed);
        });

        Assert.Equal(1, passed);
    }

    [Fact]
    public async Task Probe_ThatTheProxyRefusesToSend_LetsTheNextProbe()
    {
        await using var backend = await Backend.StartAsync(protocols: HttpProtocols.Http2);
        await using var host = await RoutingHost.StartAsync(
            [backend],
            ("Services:test:HttpRequest:Version", "2"),
            ("Services:test:HttpRequest:VersionPolicy", "RequestVersionExact"),
            ("Services:test:Breaker:OpenFor", "00:00:01"));
        await backend.StopAsync();
        for (var i = 0; i < CircuitBreaker.MaxUnreachable; i++)
            Assert.Equal(HttpStatusCode.BadGateway, await host.GetStatusAsync("/services/test/"));
        await backend.StartAsync();
        string? refused = null;
        await RoutingHost.WaitUntilAsync(async () =>
        {
            refused = Assert.Single(await RawClient.AnswersAsync(
                host.Address,
                "GET /services/test/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: no\r\n\r\n"));
            return !refused.StartsWith("HTTP/1.1 503 ", StringComparison.Ordinal);
        }, "the circuit is half open");

        Assert.Equal(HttpStatusCode.OK, await host.GetStatusAsync("/services/test/"));
        Assert.StartsWith("HTTP/1.1 400 ", refused, StringComparison.Ordinal);
        Assert.Contains("Sec-WebSocket-Key must be 16 bytes in base64", refused, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Service_ThatAnswersWithServerErrors_IsCutOffAndComesBack(int status)
    {
        var isBroken = true;
        await using var backend = await Backend.StartAsync(handler: context =>
        {
            context.Response.StatusCode = Volatile.Read(ref isBroken) ? status : 200;
            return Task.CompletedTask;
        });
        await using var host = await StartAsync([backend]);
        for (var i = 0; i < 4; i++)
            Assert.Equal(status, (int)await host.GetStatusAsync("/services/test/x"));

        using (var response = await host.Client.GetAsync("/services/test/x", TestContext.Current.CancellationToken))
        {
            await RoutingHost.ReadProblemAsync(response, HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
            Assert.Equal(TimeSpan.FromSeconds(5), response.Headers.RetryAfter?.Delta);
        }

        Assert.Equal(4, backend.Requests.Count);
        await host.Log.WaitForAsync("fails too often");
        Volatile.Write(ref isBroken, false);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(HttpStatusCode.OK, await host.GetStatusAsync("/services/test/x"));
        Assert.Equal(HttpStatusCode.OK, await host.GetStatusAsync("/services/test/x"));
        await host.Log.WaitForAsync("answers again");
    }

    [Fact]
    public async Task Service_ThatIsDown_IsCutOff()
    {
        await using var backend = await Backend.StartAsync();
        await using var host = await StartAsync([backend]);
        await backend.StopAsync();

        for (var i = 0; i < CircuitBreaker.MaxUnreachable; i++)
            await host.GetProblemAsync("/services/test/x", HttpStatusCode.BadGateway, "UNAVAILABLE");

        var problem = await host.GetProblemAsync("/services/test/x", HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        Assert.Contains("All instances of 'test' fail", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Instance_ThatIsCutOff_LeavesTheOthersAlone()
    {
        await using var good = await Backend.StartAsync("good");
        await using var bad = await Backend.StartAsync("bad", context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        });
        await using var host = await StartAsync([good, bad], ("Services:test:LoadBalancingPolicy", "RoundRobin"));

        for (var i = 0; i < 100; i++)
            await host.GetStatusAsync("/services/test/x");

        Assert.Equal(4, bad.Requests.Count);
        Assert.Equal(96, good.Requests.Count);
    }

    [Fact]
    public async Task Service_ThatBreaksItsAnswersOff_IsCutOff()
    {
        using var hasArrived = new SemaphoreSlim(0);
        await using var backend = await Backend.StartAsync(handler: async context =>
        {
            context.Response.ContentLength = 100;
            await context.Response.WriteAsync("half", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await hasArrived.WaitAsync(context.RequestAborted);
            context.Abort();
        });
        await using var host = await StartAsync([backend]);

        for (var i = 0; i < 2; i++)
        {
            using var response = await host.Client.GetAsync("/services/test/", HttpCompletionOption.ResponseHeadersRead, Cancellation);
            await using var body = await response.Content.ReadAsStreamAsync(Cancellation);
            await body.ReadExactlyAsync(new byte[4], Cancellation);
            hasArrived.Release();
            await Assert.ThrowsAnyAsync<IOException>(() => body.ReadExactlyAsync(new byte[1], Cancellation).AsTask());
        }

        // Each has counted twice: as an answer that began well, and as one that did not end.
        await RoutingHost.WaitUntilAsync(
            () => Task.FromResult(Assert.Single(host.Destinations()).Breaker.State == CircuitState.Open), "the service is cut off");
    }

    [Fact]
    public void Circuit_ThatHasClosedAgain_CountsTheUnreachableAnew()
    {
        var breaker = new CircuitBreaker(_time);
        for (var i = 0; i < CircuitBreaker.MaxUnreachable; i++)
            breaker.Report(AttemptOutcome.Unreachable, isProbe: false, _options);
        Assert.Equal(CircuitState.Open, breaker.State);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(breaker.TryPass(out var isProbe));
        breaker.Report(AttemptOutcome.Succeeded, isProbe, _options);

        breaker.Report(AttemptOutcome.Unreachable, isProbe: false, _options);

        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    public async Task Clients_ThatGoAway_AreNotTheServicesFault()
    {
        await using var backend = await Backend.StartAsync(handler: context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await using var host = await StartAsync([backend]);

        for (var i = 0; i < 8; i++)
        {
            using var leave = new CancellationTokenSource();
            var asking = host.Client.GetAsync("/services/test/x", leave.Token);
            await RoutingHost.WaitUntilAsync(() => Task.FromResult(backend.Requests.Count == i + 1), "the request has arrived");
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        }

        await RoutingHost.WaitUntilAsync(() => Task.FromResult(host.Destinations().Sum(destination => destination.InFlight) == 0), "all have ended");
        Assert.All(host.Destinations(), destination => Assert.Equal(CircuitState.Closed, destination.Breaker.State));
        backend.Handler = null;
        Assert.Equal("backend", await host.GetAsync());
        Assert.DoesNotContain(host.Log.Lines, line => line.Text.Contains("ended with", StringComparison.Ordinal));
    }

    private Task<RoutingHost> StartAsync(Backend[] backends, params (string Key, string? Value)[] settings) => RoutingHost.StartAsync(
        backends,
        builder => builder.Services.AddSingleton<TimeProvider>(_time),
        [
            ("Services:test:Breaker:MinimumRequests", "4"),
            ("Services:test:Retries:Attempts", "0"),
            ("Services:test:HealthCheck:Active:Enabled", "false"),
            .. settings,
        ]);

    private void Fail(CircuitBreaker breaker, int times)
    {
        for (var i = 0; i < times; i++)
            breaker.Report(AttemptOutcome.Failed, isProbe: false, _options);
    }

    private CircuitBreaker Open()
    {
        var breaker = new CircuitBreaker(_time);
        Fail(breaker, 4);
        _time.Advance(TimeSpan.FromSeconds(5));
        return breaker;
    }
}
