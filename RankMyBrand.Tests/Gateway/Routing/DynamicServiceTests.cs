using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.Gateway.Routing.Services;
using RankMyBrand.Gateway.Routing.Upstreams;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>Services and instances that come and go while requests do not stop.</summary>
public sealed class DynamicServiceTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Instances_ThatComeAndGoUnderLoad_LoseNoRequest()
    {
        await using var one = await Backend.StartAsync("one");
        await using var two = await Backend.StartAsync("two");
        await using var three = await Backend.StartAsync("three");
        await using var host = await RoutingHost.StartAsync([one]);
        await using var load = new Load(host.Client, "/services/test/x");
        await load.WaitForAsync(50);

        for (var i = 0; i < 5; i++)
        {
            foreach (var instances in new Backend[][] { [one, two, three], [two, three], [three], [one, three], [one] })
            {
                host.Configuration.Change([("Services:test:Instances", null), .. RoutingHost.Instances(instances)]);
                await load.WaitForAsync(20);
            }
        }

        await load.StopAsync();
        Assert.Empty(load.Failures);
        Assert.NotEmpty(two.Requests);
        Assert.NotEmpty(three.Requests);
    }

    [Fact]
    public async Task Instance_ThatIsTakenAway_FinishesWhatItHasBegun()
    {
        var release = new TaskCompletionSource();
        var requests = 0;
        await using var old = await Backend.StartAsync("old", async context =>
        {
            // Those that ask who answers now may still come here.
            if (Interlocked.Increment(ref requests) > 1)
                return;
            await context.Response.WriteAsync("be", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await release.Task;
            await context.Response.WriteAsync("gun", context.RequestAborted);
        });
        await using var next = await Backend.StartAsync("next");
        await using var host = await RoutingHost.StartAsync([old]);
        var begun = host.GetAsync();
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(old.Requests.Count == 1), "the request is under way");

        host.Configuration.Change([("Services:test:Instances", null), .. RoutingHost.Instances(next)]);
        await RoutingHost.WaitUntilAsync(async () => await host.GetAsync() == "next", "the next instance answers");
        release.SetResult();

        Assert.Equal("begun", await begun);
    }

    [Fact]
    public async Task Change_IsInForceWithinASecond()
    {
        await using var one = await Backend.StartAsync("one");
        await using var two = await Backend.StartAsync("two");
        await using var host = await RoutingHost.StartAsync([one]);
        var changed = Stopwatch.GetTimestamp();

        host.Configuration.Change([("Services:test:Instances", null), .. RoutingHost.Instances(two)]);
        await RoutingHost.WaitUntilAsync(async () => await host.GetAsync() == "two", "the other instance answers");

        // Usually milliseconds; the limit is the one that is promised.
        Assert.InRange(Stopwatch.GetElapsedTime(changed), TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    public async Task RollingRestart_UnderLoad_LosesNoIdempotentRequest(string method)
    {
        await using var one = await Backend.StartAsync("one");
        await using var two = await Backend.StartAsync("two");
        await using var host = await RoutingHost.StartAsync(
            [one, two], ("Services:test:HealthCheck:Active:Interval", "00:00:00.200"), ("Services:test:Breaker:OpenFor", "00:00:00.300"));
        await using var load = new Load(host.Client, "/services/test/x", method: new HttpMethod(method));
        await load.WaitForAsync(50);

        foreach (var backend in new[] { one, two, one, two })
        {
            await backend.StopAsync();
            await load.WaitForAsync(200);
            await backend.StartAsync();
            await RoutingHost.WaitUntilAsync(
                () => Task.FromResult(host.Destinations().Count(destination => destination.Breaker.State == CircuitState.Closed) == 2),
                "both are asked again");
            await load.WaitForAsync(50);
        }

        await load.StopAsync();
        Assert.True(load.Failures.IsEmpty, string.Join('\n', load.Failures.Concat(host.Log.Lines.Select(line => line.Text))));
    }

    [Fact]
    public async Task Service_ThatIsAddedAndTakenAway_IsThereAndGone()
    {
        await using var backend = await Backend.StartAsync();
        await using var host = await RoutingHost.StartAsync([backend]);
        await host.GetProblemAsync("/services/other/", HttpStatusCode.NotFound, "NOT_FOUND");

        host.Configuration.Change(("Services:other:Instances:0", backend.Address));
        await RoutingHost.WaitUntilAsync(async () => await host.GetStatusAsync("/services/other/") == HttpStatusCode.OK, "the service is there");
        host.Configuration.Change(("Services:other", null));
        await RoutingHost.WaitUntilAsync(async () => await host.GetStatusAsync("/services/other/") == HttpStatusCode.NotFound, "the service is gone");

        Assert.Equal("backend", await host.GetAsync());
    }

    [Fact]
    public async Task Registry_TakesThePlaceOfTheConfiguration()
    {
        await using var backend = await Backend.StartAsync();
        var registry = new Registry();
        registry.Tell(new Service { Name = "brands", Instances = [new Uri(backend.Address)] });
        await using var host = await StartAsync(registry, backend);

        Assert.Equal("backend", await host.GetAsync("/services/brands/x"));
        await host.GetProblemAsync("/services/test/x", HttpStatusCode.NotFound, "NOT_FOUND");

        registry.Tell(new Service { Name = "audits", Instances = [new Uri(backend.Address)] });
        await RoutingHost.WaitUntilAsync(async () => await host.GetStatusAsync("/services/audits/") == HttpStatusCode.OK, "the new service is there");
        await host.GetProblemAsync("/services/brands/x", HttpStatusCode.NotFound, "NOT_FOUND");
    }

    [Fact]
    public async Task Registry_ThatTellsNonsense_KeepsOnlyThatServiceAsItWas()
    {
        await using var one = await Backend.StartAsync("one");
        await using var two = await Backend.StartAsync("two");
        var registry = new Registry();
        registry.Tell(new Service { Name = "brands", Instances = [new Uri(one.Address)] });
        await using var host = await StartAsync(registry, one);

        registry.Tell(
            new Service { Name = "brands", Instances = [new Uri("ftp://127.0.0.1")] },
            new Service { Name = "../x", Instances = [] },
            new Service { Name = "audits", Instances = [new Uri(two.Address)] });
        await RoutingHost.WaitUntilAsync(async () => await host.GetStatusAsync("/services/audits/") == HttpStatusCode.OK, "the good service is there");

        Assert.Equal("one", await host.GetAsync("/services/brands/"));
        await host.Log.WaitForAsync("Services:brands:Instances has 'ftp://127.0.0.1/'; it must be a URL");
        await host.Log.WaitForAsync("Services:../x is no name for a service");
    }

    [Fact]
    public async Task Registry_ThatFails_IsAskedAgainAndLosesNothing()
    {
        await using var backend = await Backend.StartAsync();
        var registry = new Registry();
        registry.Tell(new Service { Name = "brands", Instances = [new Uri(backend.Address)] });
        await using var host = await StartAsync(registry, backend);

        registry.Fail(new IOException("the registry is away"));
        await host.Log.WaitForAsync("IOException: the registry is away");
        Assert.Equal("backend", await host.GetAsync("/services/brands/"));
        registry.Tell(new Service { Name = "audits", Instances = [new Uri(backend.Address)] });

        await RoutingHost.WaitUntilAsync(async () => await host.GetStatusAsync("/services/audits/") == HttpStatusCode.OK, "it is asked again");
    }

    [Fact]
    public async Task Registry_ThatIsSlow_LetsTheGatewayStart()
    {
        await using var backend = await Backend.StartAsync();
        var registry = new Registry();
        await using var host = await StartAsync(registry, backend);

        await host.GetProblemAsync("/services/brands/", HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        registry.Tell(new Service { Name = "brands", Instances = [new Uri(backend.Address)] });

        await RoutingHost.WaitUntilAsync(async () => await host.GetStatusAsync("/services/brands/") == HttpStatusCode.OK, "the service is there");
    }

    private static Task<RoutingHost> StartAsync(Registry registry, Backend backend) =>
        RoutingHost.StartAsync([backend], builder => builder.Services.AddSingleton<IServiceCatalog>(registry));

    private sealed class Registry : IServiceCatalog
    {
        private readonly Channel<(IReadOnlyList<Service>? Services, Exception? Failure)> _told =
            Channel.CreateUnbounded<(IReadOnlyList<Service>? Services, Exception? Failure)>();

        public void Tell(params Service[] services) => _told.Writer.TryWrite((services, null));

        public void Fail(Exception failure) => _told.Writer.TryWrite((null, failure));

        public async IAsyncEnumerable<IReadOnlyList<Service>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (var (services, failure) in _told.Reader.ReadAllAsync(cancellationToken))
                yield return services ?? throw failure!;
        }
    }
}
