using System.Net;
using System.Net.WebSockets;
using RankMyBrand.Tests.Gateway.Hub;

namespace RankMyBrand.Tests.Gateway.Http2;

/// <summary>The hub's WebSocket as one stream of an HTTP/2 connection (RFC 8441).</summary>
public sealed class Http2HubTests(Http2Fixture fixture) : IClassFixture<Http2Fixture>
{
    [Fact]
    public async Task WebSocket_OverHttp2_IsServed()
    {
        using var handler = new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == Http2Fixture.Subject },
        };
        using var invoker = new HttpMessageInvoker(handler);
        await using var client = await HubClient.ConnectAsync(
            fixture.Gateway.Address,
            options =>
            {
                options.HttpVersion = HttpVersion.Version20;
                options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
                options.SetRequestHeader("X-API-Key", GatewayHost.Key);
            },
            invoker);

        await client.SubscribeAsync("ai.responses");

        await client.CloseAsync();
        Assert.Equal(WebSocketCloseStatus.NormalClosure, client.CloseStatus);
    }
}
