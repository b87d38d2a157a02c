using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace RankMyBrand.Tests.Substitutes.ServiceDiscovery;

public sealed class ServiceDiscoveryHttpTests
{
    [Theory]
    [InlineData("http://catalog/items?q=1", "http:0=http://h:81", "http://h:81/items?q=1")]
    [InlineData("https+http://catalog/items", "http:0=http://h:81", "http://h:81/items")]
    [InlineData("https+http://catalog/items", "https:0=https://h:81/base/", "https://h:81/base/items")]
    [InlineData("https+http://catalog/", "default:0=h:81", "https://h:81/")]
    [InlineData("http://catalog/", "default:0=10.0.0.1", "http://10.0.0.1/")]
    [InlineData("http://catalog/", "default:0=[::1]:81", "http://[::1]:81/")]
    [InlineData("http://elsewhere:99/x", "http:0=http://h:81", "http://elsewhere:99/x")]
    [InlineData("https+http://elsewhere/x", "http:0=http://h:81", "https://elsewhere/x")]
    public async Task Send_AnyService_RewritesTheUriForTheTimeOfTheCall(string requested, string setting, string expected)
    {
        var sent = new UriRecorder();
        await using var services = Services(sent, setting);
        using var request = new HttpRequestMessage(HttpMethod.Get, requested);

        await services.GetRequiredService<IHttpClientFactory>().CreateClient("x").SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(expected, Assert.Single(sent.Uris));
        Assert.Equal(requested, request.RequestUri?.OriginalString);
        Assert.Null(request.Headers.Host);
    }

    [Fact]
    public async Task Send_SeveralEndpoints_TakesThemInTurn()
    {
        var sent = new UriRecorder();
        await using var services = Services(sent, "http:0=http://h:1", "http:1=http://h:2", "http:2=http://h:3");
        var client = services.GetRequiredService<IHttpClientFactory>().CreateClient("x");

        for (var i = 0; i < 6; i++)
        {
            await client.GetAsync(new Uri("http://catalog/"), TestContext.Current.CancellationToken);
        }

        Assert.Equal(["http://h:1/", "http://h:2/", "http://h:3/", "http://h:1/", "http://h:2/", "http://h:3/"], sent.Uris);
    }

    [Fact]
    public async Task Send_HostNameWanted_SetsTheHostHeader()
    {
        var sent = new UriRecorder();
        await using var services = Services(sent, configure: collection => collection.AddConfigurationServiceEndpointProvider(
            options => options.ShouldApplyHostNameMetadata = _ => true), "http:0=http://h:1");

        await services.GetRequiredService<IHttpClientFactory>().CreateClient("x")
            .GetAsync(new Uri("http://catalog/"), TestContext.Current.CancellationToken);

        Assert.Equal("catalog", Assert.Single(sent.Hosts));
    }

    [Fact]
    public async Task Send_NoSchemeAllowed_IsAClearError()
    {
        await using var services = Services(new UriRecorder(), configure: collection => collection.Configure<ServiceDiscoveryOptions>(
            options => options.AllowAllSchemes = false), "http:0=http://h:1");

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => services.GetRequiredService<IHttpClientFactory>()
            .CreateClient("x").GetAsync(new Uri("https+http://elsewhere/"), TestContext.Current.CancellationToken));

        Assert.Contains("allowed", error.Message, StringComparison.Ordinal);
    }

    private static ServiceProvider Services(UriRecorder sent, params string[] settings) => Services(sent, _ => { }, settings);

    private static ServiceProvider Services(UriRecorder sent, Action<IServiceCollection> configure, params string[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings
            .Select(setting => setting.Split('=', 2))
            .Select(setting => KeyValuePair.Create($"services:catalog:{setting[0]}", (string?)setting[1])));
        var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration.Build()).AddServiceDiscovery();
        services.AddHttpClient("x").AddServiceDiscovery().ConfigurePrimaryHttpMessageHandler(() => sent);
        configure(services);
        return services.BuildServiceProvider();
    }

    private sealed class UriRecorder : HttpMessageHandler
    {
        public List<string?> Uris { get; } = [];

        public List<string?> Hosts { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Uris.Add(request.RequestUri?.ToString());
            Hosts.Add(request.Headers.Host);
            return Task.FromResult(new HttpResponseMessage { RequestMessage = request });
        }
    }
}
