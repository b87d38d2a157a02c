using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RankMyBrand.Foundation.Security;
using RankMyBrand.Tests.Foundation.RateLimiting;
using RankMyBrand.Tests.Foundation.Security.Tokens;
using static RankMyBrand.Tests.Foundation.Security.Tokens.JwtFixture;

namespace RankMyBrand.Tests.Gateway.Identity;

/// <summary>What the gateway does with tokens. Every way to forge one is tested with the validator; here, that it is asked.</summary>
public sealed class TokenTests(Gateways gateways) : IAsyncLifetime
{
    private static readonly Dictionary<string, Func<JwtFixture, string>> s_badTokens = new(StringComparer.Ordinal)
    {
        ["expired"] = jwt => jwt.Token(("exp", jwt.Now - 61), ("iat", jwt.Now - 600)),
        ["not yet valid"] = jwt => jwt.Token(("nbf", jwt.Now + 3600)),
        ["for others"] = jwt => jwt.Token(("aud", "somebody-else")),
        ["of another issuer"] = jwt => jwt.Token(("iss", "https://evil.test")),
        ["unsigned"] = jwt => $"{Encode("""{"alg":"none","kid":"ec"}""")}.{Encode(jwt.Claims())}.AA",
        ["without signature"] = jwt => $"{Encode("""{"alg":"none"}""")}.{Encode(jwt.Claims())}.",
        ["signed with the public key as a secret"] = jwt => Compact(
            """{"alg":"HS256","kid":"ec"}""",
            jwt.Claims(),
            data => System.Security.Cryptography.HMACSHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Jwks), data)),
        ["of an unknown key"] = jwt => Compact("""{"alg":"ES256","kid":"other"}""", jwt.Claims(), jwt.SignEc),
        ["with its own key"] = jwt => Compact("""{"alg":"ES256","jku":"https://evil.test/keys"}""", jwt.Claims(), jwt.SignEc),
        ["changed"] = jwt => jwt.Token() is var token ? $"{token[..^4]}AAAA" : "",
        ["of nobody"] = jwt => jwt.Token(("sub", null)),
        ["with a tenant that breaks lines"] = jwt => jwt.Token(("tenant", "a\r\nX-Tenant-ID: b")),
        ["too long"] = jwt => jwt.Token(("note", new string('a', 9000))),
        ["nonsense"] = _ => "a.b.c",
    };

    private readonly JwtFixture _jwt = new();
    private readonly RawBackend _backend = new();
    private readonly LogRecorder _log = new();
    private GatewayHost _gateway = null!;

    public static TheoryData<string> BadTokens => [.. s_badTokens.Keys];

    public async ValueTask InitializeAsync()
    {
        _jwt.Time.Advance(DateTimeOffset.UtcNow - _jwt.Time.GetUtcNow());
        _gateway = await gateways.StartAsync(_backend.Address, _log, [
            ("Security:Jwt:Issuer", "https://issuer.test"),
            ("Security:Jwt:Audiences:0", "rankmybrand"),
            ("Security:Jwt:Jwks", Jwks),
            ("ReverseProxy:Routes:scoped:ClusterId", "test"),
            ("ReverseProxy:Routes:scoped:Match:Path", "/scoped"),
            ("ReverseProxy:Routes:scoped:Metadata:Scopes", "events:write"),
            ("ReverseProxy:Routes:scoped:Metadata:Roles", "admin"),
        ]);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _backend.DisposeAsync();
        _jwt.Dispose();
    }

    [Fact]
    public async Task Token_Valid_PassesAndTellsWhoItIs()
    {
        using var response = await SendAsync("/scoped", _jwt.Token(("sub", "auth0|Jürgen, Köln")));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["acme"], RawBackend.Values(_backend.Only, "X-Tenant-ID"));
        Assert.Equal(["user:auth0%7CJ%C3%BCrgen%2C%20K%C3%B6ln"], RawBackend.Values(_backend.Only, "X-Identity-ID"));
        Assert.Empty(RawBackend.Values(_backend.Only, "Authorization"));
    }

    [Fact]
    public async Task Token_WithoutTenant_SendsNone()
    {
        using var response = await SendAsync("/scoped", _jwt.Token(("tenant", null)), ("X-Tenant-ID", "evil"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(RawBackend.Values(_backend.Only, "X-Tenant-ID"));
    }

    [Theory]
    [MemberData(nameof(BadTokens))]
    public async Task Token_NotValid_IsRefusedWithoutSayingWhy(string what)
    {
        var token = s_badTokens[what](_jwt);

        using var response = await SendAsync("/echo/x", token);

        Assert.Equal("The token is not valid.", await response.AssertProblemAsync(401, "UNAUTHORIZED"));
        Assert.Equal("Bearer error=\"invalid_token\"", response.Headers.WwwAuthenticate.ToString());
        Assert.Empty(_backend.Requests);
        Assert.All(_log.Entries, entry => Assert.DoesNotContain(token, entry.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Token_Revoked_IsRefusedFromThenOn()
    {
        var token = _jwt.Token();
        using (var before = await SendAsync("/echo/x", token))
            Assert.Equal(HttpStatusCode.OK, before.StatusCode);

        _gateway.Services.GetRequiredService<TokenRevocations>().RevokeToken("token-1", DateTimeOffset.UtcNow.AddHours(1));

        using var after = await SendAsync("/echo/x", token);
        Assert.Equal("The token is not valid.", await after.AssertProblemAsync(401, "UNAUTHORIZED"));
    }

    [Theory]
    [InlineData("scope", "events:read", "events:write")]
    [InlineData("scope", "*", "events:write")]
    [InlineData("roles", "user", "admin")]
    public async Task Token_WithoutScopeOrRole_IsForbidden(string claim, string value, string missing)
    {
        using var response = await SendAsync("/scoped", _jwt.Token((claim, JsonValue.Create(value))));

        Assert.Contains(missing, await response.AssertProblemAsync(403, "FORBIDDEN"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_AsApiKey_IsUnknown()
    {
        using var response = await AuthenticationTests.SendAsync(_gateway, "/echo/x", ("X-API-Key", _jwt.Token()));

        await response.AssertProblemAsync(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task Key_AsBearer_IsTakenBesideTokens()
    {
        using var response = await SendAsync("/echo/x", GatewayHost.Key);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Token_KeysCannotBeFetched_IsNotTheCallersFault()
    {
        await using var gateway = await gateways.StartAsync(_backend, [
            ("Security:Jwt:Issuer", "https://issuer.test"),
            ("Security:Jwt:Audiences:0", "rankmybrand"),
            ("Security:Jwt:JwksUri", "http://127.0.0.1:1/jwks.json"),
            ("Security:Jwt:JwksTimeout", "00:00:00.1"),
            ("RateLimits:Policies:credentials:Permits", "1"),
        ]);

        for (var i = 0; i < 3; i++)
        {
            using var response = await AuthenticationTests.SendAsync(gateway, "/echo/x", ("Authorization", $"Bearer {_jwt.Token()}"));
            await response.AssertProblemAsync(503, "UNAVAILABLE");
            Assert.NotNull(response.Headers.RetryAfter);
        }
    }

    [Fact]
    public async Task Token_OfAKeyThatIsNew_IsTakenThoughAStrangerHasJustHadTheKeysFetched()
    {
        await using var issuer = await JwksEndpoint.StartAsync(Jwks.Replace("\"ec\"", "\"old\"", StringComparison.Ordinal));
        await using var gateway = await StartAsync(issuer);
        await AssertRefusedAsync(gateway, Junk(0), 401, "UNAUTHORIZED");

        issuer.Answer = JwksEndpoint.With(Jwks);

        using var response = await AuthenticationTests.SendAsync(gateway, "/echo/x", ("Authorization", $"Bearer {_jwt.Token()}"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Token_OfAKeyThatMayNotBeLookedForNow_IsNotTheCallersFault()
    {
        await using var issuer = await JwksEndpoint.StartAsync(Jwks.Replace("\"ec\"", "\"old\"", StringComparison.Ordinal));
        await using var gateway = await StartAsync(issuer);
        // Each is looked for, and charged.
        for (var i = 0; i < 3; i++)
            await AssertRefusedAsync(gateway, Junk(i), 401, "UNAUTHORIZED");

        issuer.Answer = JwksEndpoint.With(Jwks);
        for (var i = 0; i < 6; i++)
            await AssertRefusedAsync(gateway, _jwt.Token(), 401, "UNAUTHORIZED");

        // More than the address has; the fourth would have been its last.
        using var response = await AuthenticationTests.SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(3, issuer.Requests);
    }

    private static string Junk(int id) => Compact($$"""{"alg":"ES256","kid":"junk-{{id}}"}""", "{}", _ => new byte[64]);

    private static async Task AssertRefusedAsync(GatewayHost gateway, string token, int status, string code)
    {
        using var response = await AuthenticationTests.SendAsync(gateway, "/echo/x", ("Authorization", $"Bearer {token}"));
        await response.AssertProblemAsync(status, code);
        Assert.Equal("Bearer error=\"invalid_token\"", response.Headers.WwwAuthenticate.ToString());
    }

    private Task<GatewayHost> StartAsync(JwksEndpoint issuer) => gateways.StartAsync(_backend, [
        ("Security:Jwt:Issuer", "https://issuer.test"),
        ("Security:Jwt:Audiences:0", "rankmybrand"),
        ("Security:Jwt:JwksUri", issuer.Address.ToString()),
        ("Security:Jwt:JwksMinRefreshInterval", "00:10:00"),
        ("RateLimits:Policies:credentials:Permits", "4"),
        ("RateLimits:Policies:credentials:Window", "01:00:00"),
    ]);

    private Task<HttpResponseMessage> SendAsync(string path, string token, params (string, string)[] headers) =>
        AuthenticationTests.SendAsync(_gateway, path, [("Authorization", $"Bearer {token}"), .. headers]);
}
