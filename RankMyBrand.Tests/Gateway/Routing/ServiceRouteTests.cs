using System.Net;
using Microsoft.AspNetCore.Http;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>Where requests to /services/NAME go, and what of them arrives.</summary>
public sealed class ServiceRouteTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/services/test", "/")]
    [InlineData("/services/test/", "/")]
    [InlineData("/services/test/orders/7?a=1&b=%20c", "/orders/7?a=1&b=%20c")]
    [InlineData("/services/TEST/Orders", "/Orders")]
    [InlineData("/services/test/a%20b/%C3%A4", "/a%20b/%C3%A4")]
    [InlineData("/services/test/a;v=1/b", "/a;v=1/b")]
    [InlineData("/services/test/../test/x", "/x")]
    public async Task Request_ToAService_ArrivesWithoutThePrefix(string path, string expected)
    {
        await using var backend = await Backend.StartAsync();
        await using var host = await RoutingHost.StartAsync([backend]);

        using var response = await host.Client.SendAsync(Raw(host, path), Cancellation);

        Assert.Equal($"GET {expected}", Assert.Single(backend.Requests));
    }

    [Fact]
    public async Task Request_ToAService_SaysWhereItCameFrom()
    {
        var headers = new HeaderDictionary();
        await using var backend = await Backend.StartAsync(handler: context =>
        {
            foreach (var header in context.Request.Headers)
                headers[header.Key] = header.Value;
            return Task.CompletedTask;
        });
        await using var host = await RoutingHost.StartAsync([backend]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/services/test/x");
        request.Headers.Host = "brands.example";
        request.Headers.Add("X-Forwarded-For", "6.6.6.6");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Prefix", "/evil");
        request.Headers.Add("X-Forwarded-Host", "evil.example");

        using var response = await host.Client.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("127.0.0.1", headers["X-Forwarded-For"]);
        Assert.Equal("http", headers["X-Forwarded-Proto"]);
        Assert.Equal("brands.example", headers["X-Forwarded-Host"]);
        Assert.Equal("/services/test", headers["X-Forwarded-Prefix"]);
        Assert.Equal(new Uri(backend.Address).Authority, headers["Host"]);
    }

    [Theory]
    [InlineData("/services/nope", "There is no service 'nope'.")]
    [InlineData("/services/nope/x/y", "There is no service 'nope'.")]
    [InlineData("/services/%3Cb%3E/x", "There is no service '<b>'.")]
    [InlineData("/services/test%2Fx/y", "There is no service 'test%2Fx'.")]
    [InlineData("/services/test2/x", "There is no service 'test2'.")]
    public async Task Request_ToAnUnknownService_Is404AndNamesIt(string path, string expected)
    {
        await using var backend = await Backend.StartAsync();
        await using var host = await RoutingHost.StartAsync([backend]);

        var problem = await host.GetProblemAsync(path, HttpStatusCode.NotFound, "NOT_FOUND");

        Assert.Equal(expected, (string?)problem["detail"]);
        Assert.Empty(backend.Requests);
    }

    [Theory]
    [InlineData("/services/test/..%2f..%2fadmin")]
    [InlineData("/services/test/%2e%2e%2fadmin")]
    [InlineData("/services/test/..%5cadmin")]
    [InlineData("/services/test/x/%252e%252e/admin")]
    [InlineData("/services/test/x/%252e%252e%252fadmin")]
    [InlineData("/services/test/x/%25252e%25252e%25252fadmin")]
    [InlineData("/services/test/%25252525252525252e/x")]
    [InlineData("/services/test/..;/admin")]
    [InlineData("/services/test/%2e%2e;x=y%2fadmin")]
    public async Task Request_WithAnEncodedStepUp_Is400(string path)
    {
        await using var backend = await Backend.StartAsync();
        await using var host = await RoutingHost.StartAsync([backend]);

        using var response = await host.Client.SendAsync(Raw(host, path), Cancellation);

        await RoutingHost.ReadProblemAsync(response, HttpStatusCode.BadRequest, "VALIDATION");
        Assert.Empty(backend.Requests);
    }

    [Theory]
    [InlineData("/services/test/../../health/live")]
    [InlineData("/services/test/%2e%2e/%2e%2e/health/live")]
    public async Task Request_WithAPlainStepUp_GoesWhereItPoints(string path)
    {
        await using var backend = await Backend.StartAsync();
        await using var host = await RoutingHost.StartAsync([backend]);

        using var response = await host.Client.SendAsync(Raw(host, path), Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(backend.Requests);
    }

    [Fact]
    public async Task Request_WithAnEncodedSlashInAName_StaysOneSegment()
    {
        await using var backend = await Backend.StartAsync();
        await using var host = await RoutingHost.StartAsync([backend]);

        using var response = await host.Client.SendAsync(Raw(host, "/services/test/files/a%2Fb"), Cancellation);

        Assert.Equal("GET /files/a%2Fb", Assert.Single(backend.Requests));
    }

    [Theory]
    [InlineData("a%2Fb?u=%252F")]
    [InlineData("a%252Fb?u=%2F")]
    [InlineData("a%2Fb%252Fc%2F%252F%2F")]
    [InlineData("%252F/%2Fa%25252Fb")]
    public async Task EncodedSlashes_AndEncodedPercentSigns_AreToldApart(string path)
    {
        await using var backend = await Backend.StartAsync();
        await using var host = await RoutingHost.StartAsync([backend]);

        using var response = await host.Client.SendAsync(Raw(host, $"/services/test/{path}"), Cancellation);

        Assert.Equal($"GET /{path}", Assert.Single(backend.Requests));
    }

    [Fact]
    public async Task Service_WithoutInstances_Is503()
    {
        await using var host = await RoutingHost.StartAsync([], ("Services:test:MaxRequestBodySize", "1"));

        using var response = await host.Client.GetAsync("/services/test/x", Cancellation);

        var problem = await RoutingHost.ReadProblemAsync(response, HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        Assert.Contains("No instance of 'test' is healthy", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.NotNull(response.Headers.RetryAfter?.Delta);
    }

    [Theory]
    [InlineData(404, "")]
    [InlineData(500, "")]
    [InlineData(418, "short and stout")]
    public async Task Response_OfAService_IsPassedOnAsItIs(int status, string body)
    {
        await using var backend = await Backend.StartAsync(handler: context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers["X-Own"] = "1";
            return context.Response.WriteAsync(body);
        });
        await using var host = await RoutingHost.StartAsync([backend]);

        using var response = await host.Client.GetAsync("/services/test/x", Cancellation);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(body, await response.Content.ReadAsStringAsync(Cancellation));
        Assert.True(response.Headers.Contains("X-Own"));
    }

    [Fact]
    public async Task Instance_WithAPathOfItsOwn_IsAskedBelowIt()
    {
        await using var backend = await Backend.StartAsync();
        await using var host = await RoutingHost.StartAsync(
            [], ("Services:test:Instances:only", $"{backend.Address}base/"), ("Services:test:HealthCheck:Active:Enabled", "false"));

        await host.GetAsync("/services/test/x?q");

        Assert.Equal("GET /base/x?q", Assert.Single(backend.Requests));
    }

    [Fact]
    public async Task EndpointsOfServiceDiscovery_AreNoServices()
    {
        await using var backend = await Backend.StartAsync();
        await using var host = await RoutingHost.StartAsync(
            [backend], ("Services:registry:http:0", "http://127.0.0.1:1"), ("Services:test:http:0", backend.Address));

        await host.GetProblemAsync("/services/registry", HttpStatusCode.NotFound, "NOT_FOUND");
        Assert.Equal("backend", await host.GetAsync());
    }

    private static HttpRequestMessage Raw(RoutingHost host, string path) => new(
        HttpMethod.Get, new Uri($"http://{host.Address.Authority}{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
}
