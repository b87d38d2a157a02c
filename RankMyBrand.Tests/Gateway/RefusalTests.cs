using System.Globalization;
using System.Text.Json.Nodes;
using RankMyBrand.Tests.Gateway.Http;
using static RankMyBrand.Tests.Gateway.RateLimits.RateLimitTests;

namespace RankMyBrand.Tests.Gateway;

/// <summary>
/// Every reason that the gateway has to refuse a request, with its status and code, on the gateway's own Program. What is malformed has a
/// table of its own in <see cref="RawRequestTests"/>; what must first go wrong (circuits, bulkheads, Redis, keys of tokens) is tested there.
/// </summary>
public sealed class RefusalTests(Gateways gateways) : IAsyncLifetime
{
    private const string Plain = "plain-key-0123456789abcdefghijklmnopqrst";
    private const string Expired = "expired-key-0123456789abcdefghijklmnopqr";
    private const string Elsewhere = "elsewhere-key-0123456789abcdefghijklmnop";
    private const string Host = " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
    private const string Known = Host + "X-API-Key: " + GatewayHost.Key + "\r\n";
    private const string Upgrade = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    private static readonly Dictionary<string, (int Status, string Code, string Request)> s_refusals = new(StringComparer.Ordinal)
    {
        // Who calls.
        ["no credential"] = (401, "UNAUTHORIZED", $"GET /echo/x{Host}\r\n"),
        ["an unknown key"] = (401, "UNAUTHORIZED", $"GET /echo/x{Host}X-API-Key: wrong\r\n\r\n"),
        ["an expired key"] = (401, "UNAUTHORIZED", $"GET /echo/x{Host}X-API-Key: {Expired}\r\n\r\n"),
        ["a token where none are taken"] = (401, "UNAUTHORIZED", $"GET /echo/x{Host}Authorization: Bearer a.b.c\r\n\r\n"),
        ["another scheme than Bearer"] = (401, "UNAUTHORIZED", $"GET /echo/x{Host}Authorization: Basic eDp5\r\n\r\n"),
        ["a key from elsewhere"] = (403, "FORBIDDEN", $"GET /echo/x{Host}X-API-Key: {Elsewhere}\r\n\r\n"),
        ["two credentials"] = (400, "VALIDATION", $"GET /echo/x{Known}Authorization: Bearer {GatewayHost.Key}\r\n\r\n"),
        ["no scope"] = (403, "FORBIDDEN", $"GET /scoped{Host}X-API-Key: {Plain}\r\n\r\n"),
        ["no role"] = (403, "FORBIDDEN", $"GET /roles{Known}\r\n"),
        ["no scope for the hub"] = (403, "FORBIDDEN", $"GET /ws{Host}X-API-Key: {Plain}\r\n\r\n"),
        ["another site's page with cookies"] = (403, "FORBIDDEN", $"POST /echo/x{Known}Cookie: a=b\r\nOrigin: https://evil\r\nContent-Length: 0\r\n\r\n"),
        ["another site's WebSocket with cookies"] = (403, "FORBIDDEN", $"GET /ws{Known.Replace("close", "Upgrade, close", StringComparison.Ordinal)}{Upgrade}Cookie: a=b\r\nOrigin: https://evil\r\n\r\n"),

        // Where to.
        ["an address that leads nowhere"] = (404, "NOT_FOUND", $"GET /nowhere{Known}\r\n"),
        ["an unknown service"] = (404, "NOT_FOUND", $"GET /services/nope/x{Known}\r\n"),
        ["a page of operators, through a proxy"] = (404, "NOT_FOUND", $"GET /health{Host}X-Forwarded-For: 203.0.113.7\r\n\r\n"),
        ["metrics, through a proxy"] = (404, "NOT_FOUND", $"GET /metrics{Host}Via: 1.1 caddy\r\n\r\n"),
        ["a method that the route does not take"] = (405, "VALIDATION", $"DELETE /api/events/s{Known}\r\n"),
        ["the hub without a WebSocket"] = (426, "VALIDATION", $"GET /ws{Known}\r\n"),
        ["an encoded step up"] = (400, "VALIDATION", $"GET /echo/a%2f..%2f..%2fadmin{Known}\r\n"),

        // How.
        ["TRACE"] = (405, "VALIDATION", $"TRACE /echo/x{Known}\r\n"),
        ["CONNECT"] = (405, "VALIDATION", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\nConnection: close\r\n\r\n"),
        ["an expectation nobody meets"] = (417, "VALIDATION", $"GET /echo/x{Known}Expect: miracles\r\n\r\n"),
        ["two lengths"] = (400, "VALIDATION", $"POST /echo/x{Known}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ["no host"] = (400, "VALIDATION", $"GET /echo/x{Known.Replace("Host: a", "Host:", StringComparison.Ordinal)}\r\n"),
        ["a header beyond visible ASCII"] = (400, "VALIDATION", $"GET /echo/x{Known}X: caf\u00c3\u00a9\r\n\r\n"),
        ["a URL with a tab"] = (400, "VALIDATION", $"GET /echo/\tx{Known}\r\n"),
        ["a body that breaks"] = (400, "VALIDATION", $"POST /echo/x{Known}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx\r\n\r\n"),
        ["a body that is announced as too large"] = (413, "VALIDATION", $"POST /small{Known}Content-Length: 1001\r\n\r\n"),
        ["a body that turns out too large"] = (413, "VALIDATION", $"POST /small{Known}Transfer-Encoding: chunked\r\n\r\n7d0\r\n{new string('a', 2000)}\r\n0\r\n\r\n"),
        ["a body that does not come"] = (408, "VALIDATION", $"POST /echo/x{Known}Content-Length: 1000\r\n\r\nhello"),

        // How often.
        ["over a limit"] = (429, "RATE_LIMITED", $"GET /costly{Known}\r\n"),

        // What a service does.
        ["a service that is not there"] = (502, "UNAVAILABLE", $"GET /dead{Known}\r\n"),
        ["a service that breaks off"] = (502, "UNAVAILABLE", $"GET /broken{Known}\r\n"),
        ["a service that does not begin to answer"] = (504, "UNAVAILABLE", $"GET /silent{Known}\r\n"),
        ["a service that takes too long"] = (504, "UNAVAILABLE", $"GET /slow{Known}\r\n"),
    };

    private readonly RawBackend _backend = new();
    private readonly SilentBackend _silent = new();
    private GatewayHost _gateway = null!;

    public static TheoryData<string> Refusals => [.. s_refusals.Keys];

    public async ValueTask InitializeAsync()
    {
        _backend.Answer = static _ => "no HTTP at all\r\n\r\n";
        _gateway = await gateways.StartAsync(_backend, [
            ("Security:ApiKeys:plain:Key", Plain),
            ("Security:ApiKeys:expired:Key", Expired),
            ("Security:ApiKeys:expired:ExpiresAt", "2020-01-01T00:00:00Z"),
            ("Security:ApiKeys:elsewhere:Key", Elsewhere),
            ("Security:ApiKeys:elsewhere:Networks:0", "203.0.113.0/24"),
            ("Gateway:Limits:BodyGrace", "00:00:01.1"),
            .. Policy("ten", 10, "Caller"),
            .. Route("scoped", "/scoped", ("Scopes", "some")),
            .. Route("roles", "/roles", ("Roles", "some")),
            .. Route("small", "/small"),
            ("ReverseProxy:Routes:small:MaxRequestBodySize", "1000"),
            .. Route("costly", "/costly", ("RateLimits", "ten:11")),
            .. Route("broken", "/broken"),
            .. Route("dead", "/dead"),
            ("ReverseProxy:Routes:dead:ClusterId", "dead"),
            ("ReverseProxy:Clusters:dead:Destinations:one:Address", "http://127.0.0.1:1"),
            .. Route("silent", "/silent", ("FirstByteTimeout", "00:00:00.100")),
            ("ReverseProxy:Routes:silent:ClusterId", "silent"),
            .. Route("slow", "/slow"),
            ("ReverseProxy:Routes:slow:ClusterId", "silent"),
            ("ReverseProxy:Routes:slow:Timeout", "00:00:00.100"),
            ("ReverseProxy:Clusters:silent:Destinations:one:Address", _silent.Address.ToString()),
        ]);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _backend.DisposeAsync();
        _silent.Dispose();
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Request_RefusedForAnyReason_IsToldItsStatusAndCode(string what)
    {
        var (status, code, request) = s_refusals[what];

        var answer = Assert.Single(await RawClient.AnswersAsync(_gateway.Address, request));

        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} "), answer, StringComparison.Ordinal);
        Assert.Equal(["application/problem+json"], RawBackend.Values(answer, "Content-Type"));
        Assert.Equal(["no-store"], RawBackend.Values(answer, "Cache-Control"));
        Assert.Equal(["nosniff"], RawBackend.Values(answer, "X-Content-Type-Options"));
        var problem = JsonNode.Parse(BodyOf(answer))!;
        Assert.Equal(code, (string?)problem["code"]);
        Assert.Equal(status, (int?)problem["status"]);
        Assert.Matches("^[0-9a-f]{32}$", (string?)problem["traceId"]);
        Assert.True(status != 401 || RawBackend.Values(answer, "WWW-Authenticate").Count == 1);
    }

    private static string BodyOf(string answer)
    {
        var body = answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        return body[body.IndexOf('{', StringComparison.Ordinal)..(body.LastIndexOf('}') + 1)];
    }
}
