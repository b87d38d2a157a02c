using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace RankMyBrand.Tests.Gateway.Identity;

/// <summary>Who gets in with an API key, and what everybody else is told.</summary>
public sealed class AuthenticationTests(Gateways gateways)
{
    private const string Expired = "expired-key-0123456789abcdefghijklmnopqr";
    private const string Elsewhere = "elsewhere-key-0123456789abcdefghijklmnop";
    private const string Here = "here-key-0123456789abcdefghijklmnopqrstu";
    private const string Hashed = "hashed-key-0123456789abcdefghijklmnopqrs";

    private static readonly (string, string)[] s_settings =
    [
        ("Security:ApiKeys:expired:Key", Expired),
        ("Security:ApiKeys:expired:ExpiresAt", "2026-01-01T00:00:00Z"),
        ("Security:ApiKeys:elsewhere:Key", Elsewhere),
        ("Security:ApiKeys:elsewhere:Networks:0", "10.0.0.0/8"),
        ("Security:ApiKeys:elsewhere:Networks:1", "2001:db8::/32"),
        ("Security:ApiKeys:here:Key", Here),
        ("Security:ApiKeys:here:ExpiresAt", "2999-01-01T00:00:00Z"),
        ("Security:ApiKeys:here:Networks:0", "127.0.0.0/8"),
        ("Security:ApiKeys:hashed:Sha256", Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Hashed)))),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("X-API-Key", GatewayHost.Key)]
    [InlineData("x-api-key", Here)]
    [InlineData("X-API-Key", Hashed)]
    [InlineData("Authorization", "Bearer " + GatewayHost.Key)]
    [InlineData("Authorization", "bearer   " + GatewayHost.Key + " ")]
    [InlineData("authorization", "BEARER " + Hashed)]
    public async Task Request_WithAKey_Passes(string header, string value)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, s_settings);

        using var response = await SendAsync(gateway, "/echo/x", (header, value));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.DoesNotContain("-key-", backend.Only, StringComparison.Ordinal);
    }

    /// <summary>As a proxy in front lends its connections to one client after the other.</summary>
    [Fact]
    public async Task Requests_OfSeveralCallersOnOneConnection_AreEachJudgedByTheirKeys()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, s_settings);
        await using var client = await RawClient.ConnectAsync(gateway.Address);

        foreach (var (key, status) in new[]
        {
            (GatewayHost.Key, 200), (GatewayHost.Key, 200), (GatewayHost.Key[..^1], 401), (GatewayHost.Key + "x", 401), (Here, 200), (Expired, 401),
            (Expired, 401), (Elsewhere, 403), (Elsewhere, 403), ("", 401), (GatewayHost.Key, 200),
        })
        {
            await client.SendAsync($"GET /echo/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\n\r\n");
            Assert.StartsWith($"HTTP/1.1 {status} ", await client.ReadAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(
            ["key:full", "key:full", "key:here", "key:full"], backend.Requests.Select(request => RawBackend.Values(request, "X-Identity-ID").Single()));
    }

    /// <summary>Browsers can set no header on a WebSocket, a service's no more than the hub's.</summary>
    [Fact]
    public async Task WebSocketOfAService_WithItsKeyAsASubprotocol_PassesWithoutIt()
    {
        await using var backend = new RawBackend
        {
            Answer = static _ => "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        };
        await using var gateway = await gateways.StartAsync(backend);
        await using var client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync(Handshake($"Sec-WebSocket-Protocol: chat, bearer.{GatewayHost.Key}"));

        Assert.StartsWith("HTTP/1.1 101 ", await client.ReadAsync(), StringComparison.Ordinal);
        Assert.Equal(["chat"], RawBackend.Values(backend.Only, "Sec-WebSocket-Protocol"));
        Assert.DoesNotContain(GatewayHost.Key, backend.Only, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Sec-WebSocket-Protocol: chat, bearer.other, bearer.KEY")]
    [InlineData("Sec-WebSocket-Protocol: bearer.KEY\r\nSec-WebSocket-Protocol: bearer.KEY")]
    [InlineData("Sec-WebSocket-Protocol: bearer.KEY\r\nAuthorization: Bearer KEY")]
    [InlineData("Sec-WebSocket-Protocol: bearer.KEY\r\nAuthorization: Basic dXNlcjpwYXNz")]
    [InlineData("Sec-WebSocket-Protocol: bearer.KEY\r\nX-API-Key: KEY")]
    public async Task WebSocketOfAService_WithSeveralCredentials_IsRefused(string headers)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend);
        await using var client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync(Handshake(headers.Replace("KEY", GatewayHost.Key, StringComparison.Ordinal)));

        var answer = await client.ReadAsync();
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains(
            "The request has more than one credential; send one X-API-Key, one Authorization or, with a WebSocket, one subprotocol",
            answer,
            StringComparison.Ordinal);
        Assert.Empty(backend.Requests);
    }

    [Theory]
    [InlineData("bearer.KEY")]
    [InlineData("Bearer.KEY, chat")]
    [InlineData("chat,\tbearer.KEY,bearer.KEY")]
    [InlineData("\"bearer.KEY\"")]
    public async Task RequestThatIsNoWebSocket_WithATokenAsASubprotocol_PassesWithoutIt(string offered)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend);
        offered = offered.Replace("KEY", GatewayHost.Key, StringComparison.Ordinal);

        using var known = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key), ("Sec-WebSocket-Protocol", offered));
        using var unknown = await SendAsync(gateway, "/echo/x", ("Sec-WebSocket-Protocol", offered));

        Assert.Equal(HttpStatusCode.OK, known.StatusCode);
        Assert.DoesNotContain(GatewayHost.Key, backend.Only, StringComparison.Ordinal);
        await unknown.AssertProblemAsync(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task WebSocketOfAnAnonymousRoute_WithTokensAsSubprotocols_PassesWithoutThem()
    {
        await using var backend = new RawBackend
        {
            Answer = static _ => "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        };
        await using var gateway = await gateways.StartAsync(backend, [("ReverseProxy:Routes:echo:Metadata:Anonymous", "true")]);
        await using var client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync(Handshake($"Sec-WebSocket-Protocol: bearer.{GatewayHost.Key}, chat, bearer.other"));

        Assert.StartsWith("HTTP/1.1 101 ", await client.ReadAsync(), StringComparison.Ordinal);
        Assert.Equal(["chat"], RawBackend.Values(backend.Only, "Sec-WebSocket-Protocol"));
        Assert.DoesNotContain("bearer", backend.Only, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Request_KeyBesideAnotherScheme_Passes()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend);

        using var response = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key), ("Authorization", "Basic dXNlcjpwYXNz"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.DoesNotContain("Basic", backend.Only, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, "UNAUTHORIZED", "Bearer", "no API key and no token")]
    [InlineData(401, "UNAUTHORIZED", "Bearer", "no API key", "X-API-Key", "")]
    [InlineData(401, "UNAUTHORIZED", "Bearer", "no API key", "X_API_Key", GatewayHost.Key)]
    [InlineData(401, "UNAUTHORIZED", "Bearer", "no API key", "Authorization", GatewayHost.Key)]
    [InlineData(401, "UNAUTHORIZED", "Bearer", "no API key", "Authorization", "Bearer")]
    [InlineData(401, "UNAUTHORIZED", "Bearer", "no API key", "Authorization", "Bearer  ")]
    [InlineData(401, "UNAUTHORIZED", "Bearer", "no API key", "Authorization", "Bearer\t" + GatewayHost.Key)]
    [InlineData(401, "UNAUTHORIZED", "Bearer", "no API key", "Authorization", "Basic " + GatewayHost.Key)]
    [InlineData(401, "UNAUTHORIZED", "Bearer", "no API key", "Cookie", "X-API-Key=" + GatewayHost.Key)]
    [InlineData(401, "UNAUTHORIZED", "Bearer", "not known", "X-API-Key", "wrong")]
    [InlineData(401, "UNAUTHORIZED", "Bearer", "not known", "X-API-Key", GatewayHost.Key + "x")]
    [InlineData(401, "UNAUTHORIZED", "Bearer", "not known", "X-API-Key", "FULL-KEY-0123456789abcdefghijklmnopqrstuv")]
    [InlineData(401, "UNAUTHORIZED", "Bearer", "not known", "Authorization", "Bearer a.b.c")]
    [InlineData(401, "UNAUTHORIZED", "Bearer", "has expired", "X-API-Key", Expired)]
    [InlineData(403, "FORBIDDEN", "", "may not be used from this address", "X-API-Key", Elsewhere)]
    [InlineData(400, "VALIDATION", "", "more than one credential", "X-API-Key", GatewayHost.Key, "Authorization", "Bearer " + GatewayHost.Key)]
    [InlineData(400, "VALIDATION", "", "more than one credential", "X-API-Key", GatewayHost.Key, "X-API-Key", GatewayHost.Key)]
    [InlineData(400, "VALIDATION", "", "more than one credential", "Authorization", "Bearer " + GatewayHost.Key, "Authorization", "Bearer other")]
    public async Task Request_NotIdentified_IsRefused(int status, string code, string challenge, string detail, params string[] headers)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, s_settings);

        using var response = await SendAsync(gateway, "/echo/x", [.. headers.Chunk(2).Select(pair => (pair[0], pair[1]))]);

        Assert.Contains(detail, await response.AssertProblemAsync(status, code), StringComparison.Ordinal);
        Assert.Equal(challenge, response.Headers.WwwAuthenticate.ToString());
        Assert.Empty(backend.Requests);
    }

    [Fact]
    public async Task Request_ALongKey_IsRefused()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend);

        using var response = await SendAsync(gateway, "/echo/x", ("X-API-Key", new string('x', 10_000)));

        await response.AssertProblemAsync(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task Request_ToNoRoute_IsNotFoundForEverybody()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend);

        using var response = await SendAsync(gateway, "/nowhere");

        await response.AssertProblemAsync(404, "NOT_FOUND");
    }

    internal static async Task<HttpResponseMessage> SendAsync(GatewayHost gateway, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        return await gateway.Client.SendAsync(request, Cancellation);
    }

    private static string Handshake(string headers) =>
        "GET /echo/x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + $"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n\r\n";
}
