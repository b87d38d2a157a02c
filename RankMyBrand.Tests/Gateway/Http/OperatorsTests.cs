using System.Net;
using System.Net.Sockets;
using static RankMyBrand.Tests.Gateway.Identity.AuthenticationTests;

namespace RankMyBrand.Tests.Gateway.Http;

/// <summary>Health and metrics are for operators, not for the outside.</summary>
public sealed class OperatorsTests(Gateways gateways)
{
    private static readonly string[] s_pages = ["/health", "/health/live", "/health/ready", "/metrics", "/Metrics", "/%6detrics", "/x/../health"];

    public static TheoryData<string> Pages => [.. s_pages];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Page_FromThisMachine_IsShown(string path)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend);

        using var response = await SendAsync(gateway, path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.7")]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-For", "")]
    [InlineData("X-Forwarded-Host", "a")]
    [InlineData("Forwarded", "for=127.0.0.1")]
    [InlineData("Via", "1.1 caddy")]
    public async Task Page_ThroughAProxy_IsNotThere(string header, string value)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend);

        foreach (var path in s_pages)
        {
            using var response = await SendAsync(gateway, path, (header, value), ("X-API-Key", GatewayHost.Key));
            await response.AssertProblemAsync(404, "NOT_FOUND");
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Page_FromElsewhere_IsNotThere(string path)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, ("Gateway:Addresses:Operators:0", "10.0.0.0/8"));

        using var response = await SendAsync(gateway, path, ("X-API-Key", GatewayHost.Key));

        await response.AssertProblemAsync(404, "NOT_FOUND");
    }

    [Fact]
    public async Task OperatorsPort_IsTheOnlyPlaceOfTheirPagesAndOfNothingElse()
    {
        var port = FreePort();
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(
            backend, ("urls", $"http://127.0.0.1:0;http://127.0.0.1:{port}"), ("Gateway:Addresses:OperatorsPort", $"{port}"));
        using var operators = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };

        foreach (var path in new[] { "/health", "/metrics" })
        {
            using var outside = await gateway.Client.GetAsync(path, TestContext.Current.CancellationToken);
            await outside.AssertProblemAsync(404, "NOT_FOUND");
            using var inside = await operators.GetAsync(path, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, inside.StatusCode);
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, "/echo/x") { Headers = { { "X-API-Key", GatewayHost.Key } } };
        using var api = await operators.SendAsync(request, TestContext.Current.CancellationToken);
        await api.AssertProblemAsync(404, "NOT_FOUND");
        Assert.Empty(backend.Requests);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
