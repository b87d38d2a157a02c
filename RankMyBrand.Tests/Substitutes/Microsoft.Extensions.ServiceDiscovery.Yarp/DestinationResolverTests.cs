using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.Tests.ServiceDefaults;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace RankMyBrand.Tests.Substitutes.ServiceDiscovery;

public sealed class DestinationResolverTests
{
    [Theory]
    [InlineData("https+http://registry", "d[http://h:81/] http://h:81/")]
    [InlineData("https+http://registry/base", "d[http://h:81/] http://h:81/base")]
    [InlineData("http://elsewhere:99/x", "d[elsewhere:99] http://elsewhere:99/x")]
    [InlineData("https+http://elsewhere/x", "d[elsewhere] https://elsewhere/x")]
    [InlineData("http://[::1]/x", "d[[::1]] http://[::1]/x")]
    [InlineData("https://[2001:db8::7]:8443/x", "d[[2001:db8::7]:8443] https://[2001:db8::7]:8443/x")]
    public async Task Resolve_Destination_BecomesOnePerEndpoint(string address, string expected)
    {
        await using var services = Services(("services:registry:http:0", "http://h:81"));

        var resolved = await ResolveAsync(services, new DestinationConfig { Address = address });

        Assert.Equal(expected, string.Join(' ', resolved.Destinations.Select(pair => $"{pair.Key} {pair.Value.Address}")));
        Assert.All(resolved.Destinations.Values, destination => Assert.Null(destination.Host));
    }

    [Fact]
    public async Task Resolve_WithHealthAddress_PointsItAtTheEndpoint()
    {
        await using var services = Services(("services:registry:http:0", "http://h:81"), ("services:registry:http:1", "http://h:82"));

        var resolved = await ResolveAsync(services, new DestinationConfig
        {
            Address = "http://registry",
            Health = "http://registry/health/ready",
            Host = "public.example",
        });

        Assert.Equal(["http://h:81/health/ready", "http://h:82/health/ready"], resolved.Destinations.Values.Select(d => d.Health));
        Assert.All(resolved.Destinations.Values, destination => Assert.Equal("public.example", destination.Host));
    }

    [Fact]
    public async Task Proxy_ConfigurationReloads_FollowsTheService()
    {
        await using var first = await ServiceUnderTest.StartAsync(app => app.MapGet("/who", () => "first"));
        await using var second = await ServiceUnderTest.StartAsync(app => app.MapGet("/who", () => "second"));
        await using var gateway = await ServiceUnderTest.StartAsync(
            app => app.MapReverseProxy(),
            builder => builder.Services.AddReverseProxy()
                .LoadFromMemory(
                    [new RouteConfig { RouteId = "r", ClusterId = "c", Match = new RouteMatch { Path = "/{**rest}" } }],
                    [
                        new ClusterConfig
                        {
                            ClusterId = "c",
                            Destinations = new Dictionary<string, DestinationConfig>(StringComparer.Ordinal)
                            {
                                ["d"] = new() { Address = "https+http://registry" },
                            },
                        },
                    ])
                .AddServiceDiscoveryDestinationResolver(),
            settings: ("services:registry:http:0", first.Address.ToString()));
        Assert.Equal("first", await WhoAsync(gateway));

        gateway.App.Configuration["services:registry:http:0"] = second.Address.ToString();
        ((IConfigurationRoot)gateway.App.Configuration).Reload();

        var answer = "first";
        for (var i = 0; i < 200 && answer is "first"; i++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            answer = await WhoAsync(gateway);
        }

        Assert.Equal("second", answer);
    }

    private static Task<string> WhoAsync(ServiceUnderTest gateway) =>
        gateway.Client.GetStringAsync(new Uri("/who", UriKind.Relative), TestContext.Current.CancellationToken);

    private static ValueTask<ResolvedDestinationCollection> ResolveAsync(IServiceProvider services, DestinationConfig destination) =>
        services.GetRequiredService<IDestinationResolver>().ResolveDestinationsAsync(
            new Dictionary<string, DestinationConfig>(StringComparer.Ordinal) { ["d"] = destination }, TestContext.Current.CancellationToken);

    private static ServiceProvider Services(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)))
            .Build();
        var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging().AddServiceDiscovery();
        services.AddReverseProxy().AddServiceDiscoveryDestinationResolver();
        return services.BuildServiceProvider();
    }
}
