using System.Net;
using Aspire.StackExchange.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Substitutes.AspireRedis;

public sealed class RedisClientTests
{
    private const string Section = "Aspire:StackExchange:Redis";

    /// <summary>The settings given, and the endpoint that the client ends with: the more specific place wins.</summary>
    public static TheoryData<string, string> Precedence => new()
    {
        { $"{Section}:ConnectionString=a:1", "a:1" },
        { $"{Section}:ConnectionString=a:1|{Section}:cache:ConnectionString=b:2", "b:2" },
        { $"{Section}:ConnectionString=a:1|{Section}:cache:ConnectionString=b:2|ConnectionStrings:cache=c:3", "c:3" },
        { $"ConnectionStrings:other=x:9|{Section}:ConnectionString=a:1", "a:1" },
    };

    [Theory]
    [MemberData(nameof(Precedence))]
    public void ConnectionString_SeveralPlaces_MostSpecificWins(string settings, string expected)
    {
        using var host = Build(settings, builder => builder.AddRedisClient("cache"));

        Assert.Equal(expected, Endpoint(OptionsOf(host)));
    }

    [Theory]
    [InlineData("ConnectionStrings:cache=c:3", false)]
    [InlineData("ConnectionStrings:cache=c:3,abortConnect=true", true)]
    [InlineData("ConnectionStrings:cache=c:3|Aspire:StackExchange:Redis:ConfigurationOptions:AbortOnConnectFail=true", true)]
    public void AbortOnConnectFail_NotSaid_IsFalse(string settings, bool expected)
    {
        using var host = Build(settings, builder => builder.AddRedisClient("cache"));

        Assert.Equal(expected, OptionsOf(host).AbortOnConnectFail);
    }

    [Fact]
    public void Options_SeveralPlaces_MostSpecificWins()
    {
        using var host = Build(
            $"ConnectionStrings:cache=c:3,syncTimeout=1000|{Section}:ConfigurationOptions:ConnectRetry=7|{Section}:ConfigurationOptions:SyncTimeout=2000|{Section}:cache:ConfigurationOptions:SyncTimeout=3000",
            builder => builder.AddRedisClient("cache", configureOptions: options => options.ClientName = "code"));

        var options = OptionsOf(host);

        Assert.Equal((7, 3000, "code"), (options.ConnectRetry, options.SyncTimeout, options.ClientName));
    }

    [Fact]
    public void Options_OfTheApplication_AreAppliedToo()
    {
        using var host = Build("ConnectionStrings:cache=c:3", builder =>
        {
            builder.AddRedisClient("cache");
            builder.Services.Configure<ConfigurationOptions>(options => options.ClientName = "configured");
        });

        Assert.Equal("configured", OptionsOf(host).ClientName);
    }

    [Fact]
    public void Options_OfKeyedClients_AreApart()
    {
        using var host = Build("ConnectionStrings:one=h:1|ConnectionStrings:two=h:2", builder =>
        {
            builder.AddKeyedRedisClient("one");
            builder.AddKeyedRedisClient("two");
        });

        Assert.Equal("h:1", Endpoint(OptionsOf(host, "one")));
        Assert.Equal("h:2", Endpoint(OptionsOf(host, "two")));
        Assert.Equal(["StackExchange.Redis_one", "StackExchange.Redis_two"], HealthChecks(host));
        Assert.Null(host.Services.GetService<IConnectionMultiplexer>());
    }

    [Fact]
    public void Client_NoConnectionString_NamesTheKeyOnceItIsNeeded()
    {
        using var host = Build("Other=x", builder => builder.AddRedisClient("cache"));

        var error = Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<IConnectionMultiplexer>());

        Assert.Contains("'ConnectionStrings:cache'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ConnectionStrings:cache=h", "StackExchange.Redis")]
    [InlineData("ConnectionStrings:cache=h|Aspire:StackExchange:Redis:DisableHealthChecks=true", "")]
    [InlineData("ConnectionStrings:cache=h|Aspire:StackExchange:Redis:cache:DisableHealthChecks=true", "")]
    public void HealthCheck_BySettings_IsRegisteredUnderTheDocumentedName(string settings, string expected)
    {
        using var host = Build(settings, builder => builder.AddRedisClient("cache"));

        Assert.Equal(expected, string.Join(',', HealthChecks(host)));
    }

    [Fact]
    public void Builder_OfAKeyedClient_KnowsWhatItIsOf()
    {
        AspireRedisClientBuilder? client = null;
        using var host = Build("ConnectionStrings:one=h:1", builder => client = builder.AddKeyedRedisClientBuilder("one"));

        Assert.Equal(("one", "h:1", true), (client?.ServiceKey, client?.Settings.ConnectionString, client?.Settings.DisableAutoActivation));
    }

    [Fact]
    public async Task HealthCheck_NoServer_IsUnhealthy()
    {
        using var host = Build(
            "ConnectionStrings:cache=127.0.0.1:1,connectTimeout=200,connectRetry=1,syncTimeout=500", builder => builder.AddRedisClient("cache"));

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HealthStatus.Unhealthy, report.Entries["StackExchange.Redis"].Status);
    }

    private static ConfigurationOptions OptionsOf(IHost host, string? name = null) =>
        host.Services.GetRequiredService<IOptionsMonitor<ConfigurationOptions>>().Get(name);

    private static string Endpoint(ConfigurationOptions options) =>
        Assert.IsType<DnsEndPoint>(Assert.Single(options.EndPoints)) is { } dns ? $"{dns.Host}:{dns.Port}" : "";

    private static IEnumerable<string> HealthChecks(IHost host) =>
        host.Services.GetService<IOptions<HealthCheckServiceOptions>>()?.Value.Registrations.Select(check => check.Name) ?? [];

    private static IHost Build(string settings, Action<IHostApplicationBuilder> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(
            settings.Split('|').Select(setting => setting.Split('=', 2)).Select(setting => KeyValuePair.Create(setting[0], (string?)setting[1])));
        configure(builder);
        return builder.Build();
    }
}
