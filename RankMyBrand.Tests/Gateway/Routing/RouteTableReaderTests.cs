using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RankMyBrand.Gateway.Routing.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>The section ReverseProxy means here what it means to YARP.</summary>
public sealed class RouteTableReaderTests
{
    private const string Json = """
        {
          "ReverseProxy": {
            "Routes": {
              "full": {
                "ClusterId": "main",
                "Order": -3,
                "MaxRequestBodySize": 1000,
                "CorsPolicy": "Default",
                "Match": {
                  "Path": "/a/{**rest}",
                  "Hosts": [ "one.example", "two.example" ],
                  "Methods": [ "GET", "POST" ],
                  "Headers": [ { "Name": "X-A", "Values": [ "1", "2" ], "Mode": "HeaderPrefix", "IsCaseSensitive": true }, { "Name": "X-B", "Mode": "Exists" } ],
                  "QueryParameters": [ { "Name": "q", "Values": [ "1" ], "Mode": "Contains" } ]
                },
                "Metadata": { "Scopes": "a b", "FirstByteTimeout": "00:00:05" },
                "Transforms": [ { "PathRemovePrefix": "/a" }, { "RequestHeader": "X-C", "Set": "d" } ]
              },
              "short": { "ClusterId": "main", "Match": { "Path": "/b" } }
            },
            "Clusters": {
              "main": {
                "LoadBalancingPolicy": "RoundRobin",
                "SessionAffinity": {
                  "Enabled": true, "Policy": "Cookie", "FailurePolicy": "Return503Error", "AffinityKeyName": "k",
                  "Cookie": { "Path": "/a", "SameSite": "Strict", "HttpOnly": true, "MaxAge": "00:10:00", "Domain": "x.example", "IsEssential": true, "SecurePolicy": "Always", "Expiration": "01:00:00" }
                },
                "HttpClient": {
                  "SslProtocols": [ "Tls12", "Tls13" ], "DangerousAcceptAnyServerCertificate": true, "MaxConnectionsPerServer": 7,
                  "EnableMultipleHttp2Connections": false
                },
                "HttpRequest": { "Version": "2", "VersionPolicy": "RequestVersionExact" },
                "Destinations": {
                  "one": { "Address": "http://one.example/base", "Health": "http://one.example:81", "Host": "h" },
                  "two": { "Address": "https+http://two" }
                }
              }
            }
          }
        }
        """;

    [Fact]
    public void Section_IsReadAsYarpReadsIt()
    {
        var configuration = new ConfigurationBuilder().AddJsonStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Json))).Build();
        var services = new ServiceCollection().AddLogging();
        services.AddReverseProxy().LoadFromConfig(configuration.GetSection("ReverseProxy"));
        using var provider = services.BuildServiceProvider();
        var expected = provider.GetRequiredService<IProxyConfigProvider>().GetConfig();

        var table = new RouteTableReader(configuration).Read();

        Assert.Equal(
            expected.Routes.OrderBy(route => route.RouteId).Select(route => route with { Metadata = route.Metadata ?? new Dictionary<string, string>() }),
            table.Routes.OrderBy(route => route.RouteId));
        var (theirs, ours) = (Assert.Single(expected.Clusters), Assert.Single(table.Clusters));
        Assert.Equal(theirs.Destinations, ours.Destinations);
        Assert.Equal(theirs.SessionAffinity, ours.SessionAffinity);
        Assert.Equal(theirs.HttpClient, ours.HttpClient);
        Assert.Equal(theirs.HttpRequest! with { ActivityTimeout = TimeSpan.FromMinutes(5) }, ours.HttpRequest);
        Assert.Equal(theirs.LoadBalancingPolicy, ours.LoadBalancingPolicy);
    }

    [Fact]
    public void RouteWithoutAnyCluster_IsToldWhereToAddOne()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ReverseProxy:Routes:r:ClusterId"] = "c",
            ["ReverseProxy:Routes:r:Match:Path"] = "/r",
        }).Build();

        var error = Assert.Throws<OptionsValidationException>(new RouteTableReader(configuration).Read);

        Assert.Equal("ReverseProxy:Routes:r:ClusterId is 'c'; there are no clusters; add one to ReverseProxy:Clusters.", Assert.Single(error.Failures));
    }

    [Fact]
    public void OwnSettings_AreReadBesideYarps()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ReverseProxy:Clusters:c:Destinations:d:Address"] = "http://d",
            ["ReverseProxy:Clusters:c:Timeouts:FirstByte"] = "00:00:07",
            ["ReverseProxy:Clusters:c:Retries:Attempts"] = "1",
            ["ReverseProxy:Clusters:c:Breaker:OpenFor"] = "00:00:09",
            ["ReverseProxy:Clusters:c:Bulkhead:MaxConcurrency"] = "11",
            ["ReverseProxy:Clusters:c:Hedging:Enabled"] = "true",
            ["ReverseProxy:Clusters:c:HealthCheck:Active:Enabled"] = "true",
            ["ReverseProxy:Clusters:c:HealthCheck:Active:Threshold"] = "4",
        }).Build();

        var table = new RouteTableReader(configuration).Read();

        var options = table.Upstreams["C"];
        Assert.Equal(TimeSpan.FromSeconds(7), options.Timeouts.FirstByte);
        Assert.Equal(1, options.Retries.Attempts);
        Assert.Equal(TimeSpan.FromSeconds(9), options.Breaker.OpenFor);
        Assert.Equal(11, options.Bulkhead.MaxConcurrency);
        Assert.True(options.Hedging.Enabled);
        Assert.True(table.Clusters[0].HealthCheck!.Active!.Enabled);
        Assert.Equal("4", table.Clusters[0].Metadata!["ConsecutiveFailuresHealthPolicy.Threshold"]);
    }
}
