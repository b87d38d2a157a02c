using System.Net;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>Instances are asked how they are.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task Instance_ThatSaysItIsUnhealthy_GetsNoRequestsUntilItSaysOtherwise()
    {
        await using var one = await Backend.StartAsync("one");
        await using var two = await Backend.StartAsync("two");
        await using var host = await StartAsync([one, two]);

        two.IsHealthy = false;
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(host.Destinations().Length == 1), "the second is left out");
        var before = two.Requests.Count;
        for (var i = 0; i < 10; i++)
            Assert.Equal("one", await host.GetAsync());
        Assert.Equal(before, two.Requests.Count);

        two.IsHealthy = true;
        await RoutingHost.WaitUntilAsync(async () => await host.GetAsync() == "two", "the second is asked again");
    }

    [Fact]
    public async Task Instance_ThatStops_IsLeftOutAndFoundAgain()
    {
        await using var one = await Backend.StartAsync("one");
        await using var two = await Backend.StartAsync("two");
        await using var host = await StartAsync([one, two]);

        await two.StopAsync();
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(host.Destinations().Length == 1), "the second is left out");
        await two.StartAsync();
        await RoutingHost.WaitUntilAsync(async () => await host.GetAsync() == "two", "the second is asked again");

        // No stack for every check that fails.
        Assert.DoesNotContain(host.Log.Lines, line => line.Exception is not null);
    }

    [Fact]
    public async Task NoHealthyInstance_Is503()
    {
        await using var backend = await Backend.StartAsync();
        await using var host = await StartAsync([backend]);

        backend.IsHealthy = false;
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(host.Destinations().Length == 0), "the instance is left out");
        using var response = await host.Client.GetAsync("/services/test/", TestContext.Current.CancellationToken);

        await RoutingHost.ReadProblemAsync(response, HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        Assert.NotNull(response.Headers.RetryAfter?.Delta);
        Assert.Empty(backend.Requests);
    }

    [Fact]
    public async Task Path_IsConfigurable()
    {
        var isHealthy = true;
        await using var backend = await Backend.StartAsync(handler: context =>
        {
            context.Response.StatusCode = context.Request.Path == "/own/health" && !Volatile.Read(ref isHealthy) ? 500 : 200;
            return Task.CompletedTask;
        });
        await using var host = await StartAsync([backend], ("Services:test:HealthCheck:Active:Path", "/own/health"));
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(backend.Requests.Contains("GET /own/health")), "the path is asked");

        Volatile.Write(ref isHealthy, false);

        await RoutingHost.WaitUntilAsync(() => Task.FromResult(host.Destinations().Length == 0), "the instance is left out");
        Assert.Equal(0, backend.HealthChecks);
    }

    [Fact]
    public async Task Threshold_IsHowManyChecksMustFail()
    {
        var (isHealthy, failed) = (true, 0);
        await using var backend = await Backend.StartAsync(handler: context =>
        {
            if (context.Request.Path == "/own/health" && !Volatile.Read(ref isHealthy))
            {
                context.Response.StatusCode = 500;
                Interlocked.Increment(ref failed);
            }

            return Task.CompletedTask;
        });
        await using var host = await StartAsync(
            [backend], ("Services:test:HealthCheck:Active:Path", "/own/health"), ("Services:test:HealthCheck:Active:Threshold", "15"));

        Volatile.Write(ref isHealthy, false);
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(host.Destinations().Length == 0), "the instance is left out");

        Assert.InRange(Volatile.Read(ref failed), 15, int.MaxValue);
    }

    [Fact]
    public async Task Instance_ThatDoesNotSayHowItIs_IsLeftOutWhenTheTimeIsOver()
    {
        await using var backend = await Backend.StartAsync(handler: Answers.Never);
        await using var host = await StartAsync(
            [backend], ("Services:test:HealthCheck:Active:Path", "/own/health"), ("Services:test:HealthCheck:Active:Timeout", "00:00:00.200"));

        await RoutingHost.WaitUntilAsync(() => Task.FromResult(host.Destinations().Length == 0), "the instance is left out")
            .WaitAsync(TimeSpan.FromSeconds(7), TestContext.Current.CancellationToken);
    }

    private static Task<RoutingHost> StartAsync(Backend[] backends, params (string Key, string? Value)[] settings) => RoutingHost.StartAsync(
        backends,
        [
            ("Services:test:HealthCheck:Active:Interval", "00:00:00.100"),
            ("Services:test:HealthCheck:Active:Threshold", "1"),
            ("Services:test:LoadBalancingPolicy", "RoundRobin"),
            .. settings,
        ]);
}
