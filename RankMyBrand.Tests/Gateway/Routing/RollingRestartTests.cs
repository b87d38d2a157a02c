using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.Gateway.Routing.Upstreams;
using Yarp.ReverseProxy;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>The instances of a service are replaced one after the other, and its clients do not notice.</summary>
public sealed class RollingRestartTests(Gateways gateways)
{
    [Fact]
    public async Task Restart_OfEachInstanceUnderLoad_LosesNoRequest()
    {
        Wrk.SkipUnlessInstalled();
        var instances = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => ServiceProcess.StartAsync()));
        await using var first = instances[0];
        await using var second = instances[1];
        await using var third = instances[2];
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, [
            .. instances.Select((instance, i) => ($"Services:web:Instances:{i}", instance.Address.ToString())),
            ("Services:web:HealthCheck:Active:Interval", "00:00:00.250"),
            ("RateLimits:Policies:caller:Permits", "100000000"),
            ("RateLimits:Policies:caller:Burst", "100000000"),
        ]);
        await WaitUntilAllServeAsync(gateway);
        await using var wrk = Wrk.Start(new Uri(gateway.Address, "/services/web/"), GatewayHost.Key);

        await RestartAsync(first, first.StopAsync);
        await RestartAsync(second, second.KillAsync);
        await RestartAsync(third, third.StopAsync);

        var (requests, trouble) = await wrk.StopAsync();
        Assert.Empty(trouble);
        Assert.True(requests > 100, $"There were only {requests} requests.");

        async Task RestartAsync(ServiceProcess.Instance instance, Func<Task> endAsync)
        {
            await endAsync();
            await instance.StartAsync();
            await WaitUntilAllServeAsync(gateway);
        }
    }

    /// <summary>Waits until all instances are healthy and no circuit is open, as an orchestrator does before it goes on to the next.</summary>
    private static Task WaitUntilAllServeAsync(GatewayHost gateway) => RoutingHost.WaitUntilAsync(
        () =>
        {
            var found = gateway.Services.GetRequiredService<IProxyStateLookup>().TryGetCluster("service:web", out var cluster);
            var upstream = gateway.Services.GetRequiredService<UpstreamDirectory>().Find("service:web");
            return Task.FromResult(
                found && upstream.HealthyDestinations(cluster!) is { Length: 3 } all && Array.TrueForAll(all, one => one.Breaker.State == CircuitState.Closed));
        },
        "all instances serve");
}
