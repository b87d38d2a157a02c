using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace RankMyBrand.Tests.Substitutes.ServiceDiscovery;

public sealed class ServiceEndpointResolverTests
{
    /// <summary>Query, what configuration holds under <c>services:catalog</c> as key=value pairs, and the endpoints expected.</summary>
    public static TheoryData<string, string, string> Rules => new()
    {
        { "http://catalog", "http:0=http://h:1", "http://h:1/" },
        { "http://catalog", "http=http://h:1", "http://h:1/" },
        { "HTTP://Catalog", "http:0=http://h:1", "http://h:1/" },
        { "http://catalog", "http:0=http://h:1 http:1=http://h:2", "http://h:1/ http://h:2/" },
        { "http://catalog", "http:0=h:1", "h:1" },
        { "http://catalog", "http:0=10.0.0.7:1", "10.0.0.7:1" },
        { "http://catalog", "http:0=http://h:1/base", "http://h:1/base" },
        { "https://catalog", "http:0=http://h:1", "catalog" },
        { "https+http://catalog", "http:0=http://h:1 https:0=https://h:2", "https://h:2/" },
        { "http+https://catalog", "http:0=http://h:1 https:0=https://h:2", "http://h:1/" },
        { "https+http://catalog", "http:0=http://h:1", "http://h:1/" },
        { "https+http://catalog", "default:0=http://h:1 default:1=https://h:2 https:0=https://h:3", "https://h:2/" },
        { "https+http://catalog", "default:0=http://h:1 https:0=https://h:3", "http://h:1/" },
        { "http://catalog", "default:0=http://h:1 http:0=http://h:2", "http://h:1/" },
        { "https+http://catalog", "default:0=plain:1 default:1=https://h:2 default:2=http://h:3", "plain:1 https://h:2/" },
        { "https+http://_admin.catalog", "admin:0=https://h:9 https:0=https://h:1", "https://h:9/" },
        { "https+http://_admin.catalog", "admin=http://h:9 http:0=http://h:1", "http://h:9/" },
        { "http://_absent.catalog", "http:0=http://h:1", "catalog" },
        { "catalog", "default:0=http://h:1 default:1=https://h:2", "http://h:1/ https://h:2/" },
        { "catalog", "http:0=http://h:1", "catalog" },
        { "http://catalog:8080", "http:0=http://h:1", "http://h:1/" },
    };

    public static TheoryData<string, string> PassedThrough => new()
    {
        { "http://other", "other" },
        { "https+http://other", "other" },
        { "http://other:81", "other:81" },
        { "https+http://_admin.other:81", "other:81" },
        { "other:81", "other:81" },
        { "http://127.0.0.1:5000", "127.0.0.1:5000" },
        { "http://[::1]:5000", "[::1]:5000" },
        { "http://www.example.org", "www.example.org" },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task Resolve_ConfiguredService_FollowsTheRules(string query, string settings, string expected)
    {
        await using var services = Services(Settings(settings));

        Assert.Equal(expected, await ResolveAsync(services, query));
    }

    [Theory]
    [MemberData(nameof(PassedThrough))]
    public async Task Resolve_UnknownService_TakesTheNameAsAddress(string query, string expected)
    {
        await using var services = Services([]);

        Assert.Equal(expected, await ResolveAsync(services, query));
    }

    [Theory]
    [InlineData("http://catalog", "http:x=http://h:1")]
    [InlineData("http://catalog", "http:0=http://:bad")]
    public async Task Resolve_BadConfiguration_NamesTheService(string query, string settings)
    {
        await using var services = Services(Settings(settings));

        var error = await Assert.ThrowsAsync<KeyNotFoundException>(() => ResolveAsync(services, query));

        Assert.Contains("catalog", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https+http://catalog", "https", "https://h:2/")]
    [InlineData("https+http://catalog", "http", "http://h:1/")]
    [InlineData("http://catalog", "https", "catalog")]
    public async Task Resolve_SchemesRestricted_OnlyAllowedOnesCount(string query, string allowed, string expected)
    {
        await using var services = Services(Settings("http:0=http://h:1 https:0=https://h:2"), options =>
        {
            options.AllowAllSchemes = false;
            options.AllowedSchemes = [allowed];
        });

        Assert.Equal(expected, await ResolveAsync(services, query));
    }

    [Fact]
    public async Task Resolve_ConfigurationReloads_AnswersAnew()
    {
        var source = new MemoryConfigurationSource { InitialData = Settings("http:0=http://h:1") };
        var configuration = new ConfigurationBuilder().Add(source).Build();
        await using var services = Services(configuration);
        var resolver = services.GetRequiredService<ServiceEndpointResolver>();
        var before = await resolver.GetEndpointsAsync("http://catalog", TestContext.Current.CancellationToken);
        Assert.Same(before, await resolver.GetEndpointsAsync("http://catalog", TestContext.Current.CancellationToken));

        configuration["services:catalog:http:0"] = "http://h:2";
        configuration.Reload();

        Assert.True(before.ChangeToken.HasChanged);
        Assert.Equal("http://h:2/", await ResolveAsync(services, "http://catalog"));
    }

    [Fact]
    public async Task Resolve_ServiceAppearsLater_IsFound()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();
        await using var services = Services(configuration);
        Assert.Equal("catalog", await ResolveAsync(services, "http://catalog"));

        configuration["services:catalog:http:0"] = "http://h:2";
        configuration.Reload();

        Assert.Equal("http://h:2/", await ResolveAsync(services, "http://catalog"));
    }

    [Fact]
    public async Task Resolve_NoProviders_IsAClearError()
    {
        await using var services = new ServiceCollection().AddServiceDiscoveryCore().BuildServiceProvider();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ResolveAsync(services, "http://catalog"));

        Assert.Contains("'http://catalog'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https+http://_admin.catalog", "https http", "admin", "catalog")]
    [InlineData("catalog", "", null, "catalog")]
    [InlineData("http://_.catalog", "http", null, "_.catalog")]
    [InlineData("http://shop.catalog", "http", null, "shop.catalog")]
    public void Query_Parsed_HasItsParts(string input, string schemes, string? endpoint, string service)
    {
        Assert.True(ServiceEndpointQuery.TryParse(input, out var query));

        Assert.Equal(schemes.Split(' ', StringSplitOptions.RemoveEmptyEntries), query.IncludedSchemes);
        Assert.Equal(endpoint, query.EndpointName);
        Assert.Equal(service, query.ServiceName);
    }

    private static async Task<string> ResolveAsync(IServiceProvider services, string query)
    {
        var source = await services.GetRequiredService<ServiceEndpointResolver>().GetEndpointsAsync(query, TestContext.Current.CancellationToken);
        return string.Join(' ', source.Endpoints);
    }

    private static Dictionary<string, string?> Settings(string text) => text
        .Split(' ')
        .Select(setting => setting.Split('=', 2))
        .ToDictionary(setting => $"services:catalog:{setting[0]}", setting => (string?)setting[1], StringComparer.Ordinal);

    private static ServiceProvider Services(Dictionary<string, string?> settings, Action<ServiceDiscoveryOptions>? configure = null) =>
        Services(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), configure);

    private static ServiceProvider Services(IConfiguration configuration, Action<ServiceDiscoveryOptions>? configure = null) =>
        new ServiceCollection().AddSingleton(configuration).AddServiceDiscovery(configure ?? (_ => { })).BuildServiceProvider();
}
