using System.Net;
using static RankMyBrand.Tests.Gateway.Identity.AuthenticationTests;

namespace RankMyBrand.Tests.Gateway.Http;

/// <summary>What browsers are told: which answers are pages, and whose pages may use the API.</summary>
public sealed class BrowserTests(Gateways gateways)
{
    private const string App = "https://app.example.com";

    private static readonly (string, string)[] s_withCookies =
        [("Gateway:Cors:Origins:0", App), ("Gateway:Cors:AllowCredentials", "true")];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/echo/x", GatewayHost.Key, 200)]
    [InlineData("/echo/x", null, 401)]
    [InlineData("/nowhere", null, 404)]
    [InlineData("/health", null, 200)]
    public async Task Answer_OfAnyKind_HasTheSecurityHeaders(string path, string? key, int status)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend);
        using var client = gateway.CreateClient(key);

        using var response = await client.GetAsync(path, Cancellation);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("nosniff", Header(response, "X-Content-Type-Options"));
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", Header(response, "Content-Security-Policy"));
        Assert.Equal("DENY", Header(response, "X-Frame-Options"));
        Assert.Equal("same-origin", Header(response, "Referrer-Policy"));
        Assert.Equal("same-origin", Header(response, "Cross-Origin-Opener-Policy"));
        Assert.Contains("camera=()", Header(response, "Permissions-Policy"), StringComparison.Ordinal);
        Assert.Equal("no-store", Header(response, "Cache-Control"));
        Assert.Null(Header(response, "Server"));
        Assert.Null(Header(response, "Strict-Transport-Security"));
    }

    [Theory]
    [InlineData(App, null, "Origin")]
    [InlineData(App, App, "Origin")]
    [InlineData("*", null, null)]
    public async Task Answer_ThatDiffersByOrigin_TellsCachesSo(string configured, string? origin, string? vary)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, ("Gateway:Cors:Origins:0", configured));
        (string, string)[] key = [("X-API-Key", GatewayHost.Key)];

        using var response = await SendAsync(gateway, "/echo/x", origin is null ? key : [.. key, ("Origin", origin)]);

        Assert.Equal(vary, response.Headers.Vary.SingleOrDefault(name => name == "Origin"));
    }

    /// <summary>The framework refuses to serve a route with a policy of its own when nobody has asked for CORS.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(App)]
    public async Task Route_WithACorsPolicyOfItsOwn_ServesWithAndWithoutAnOrigin(string? origin)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, ("ReverseProxy:Routes:echo:CorsPolicy", "disable"), ("Gateway:Cors:Origins:0", App));

        using var response = origin is null
            ? await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key))
            : await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key), ("Origin", origin));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Null(Header(response, "Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Answer_ThatIsAPage_GetsThePolicyOfPages()
    {
        await using var backend = new RawBackend { Answer = _ => RawBackend.Ok("text/html; charset=utf-8", "<p>hello") };
        await using var gateway = await gateways.StartAsync(backend, ("Gateway:Headers:PagePolicy", "default-src 'self'"));

        using var response = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key));

        Assert.Equal("default-src 'self'", Header(response, "Content-Security-Policy"));
    }

    [Fact]
    public async Task Answer_OfAService_KeepsItsOwnPolicyAndLosesWhatIsNotItsToSay()
    {
        await using var backend = new RawBackend
        {
            Answer = _ => RawBackend.Ok(
                "text/html",
                "x",
                "Content-Security-Policy: script-src 'none'\r\nCache-Control: max-age=60\r\nX-Content-Type-Options: sniff\r\nServer: nginx/1.0\r\nX-Powered-By: PHP\r\n"
                + "Strict-Transport-Security: max-age=0\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\n"),
        };
        await using var gateway = await gateways.StartAsync(backend);

        using var response = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key), ("Origin", App));

        Assert.Equal("script-src 'none'", Header(response, "Content-Security-Policy"));
        Assert.Equal("max-age=60", Header(response, "Cache-Control"));
        Assert.Equal("nosniff", Header(response, "X-Content-Type-Options"));
        foreach (var header in new[] { "Server", "X-Powered-By", "Strict-Transport-Security", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials" })
            Assert.Null(Header(response, header));
    }

    [Fact]
    public async Task Page_OfTheApiDescription_HasNothingThatItsPolicyForbids()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend);

        using var response = await gateway.Client.GetAsync("/docs/index.html", Cancellation);

        Assert.StartsWith("default-src 'self'; ", Header(response, "Content-Security-Policy"), StringComparison.Ordinal);
        var page = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.DoesNotContain("<script>", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("://", page.Replace("http://www.w3.org", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(App, "https://app.example.com")]
    [InlineData("https://evil.example.com", null)]
    [InlineData("http://app.example.com", null)]
    [InlineData("https://app.example.com.evil.com", null)]
    [InlineData("null", null)]
    public async Task Preflight_OfAnOrigin_IsAnsweredByConfiguration(string origin, string? allowed)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, ("Gateway:Cors:Origins:0", App));
        using var request = new HttpRequestMessage(HttpMethod.Options, "/echo/x");
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "x-api-key,content-type");

        using var response = await gateway.Client.SendAsync(request, Cancellation);

        // Without a key: browsers send none beforehand.
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(allowed, Header(response, "Access-Control-Allow-Origin"));
        Assert.Null(Header(response, "Access-Control-Allow-Credentials"));
        if (allowed is not null)
        {
            Assert.Contains("X-API-Key", Header(response, "Access-Control-Allow-Headers"), StringComparison.OrdinalIgnoreCase);
            Assert.Contains("POST", Header(response, "Access-Control-Allow-Methods"), StringComparison.Ordinal);
            Assert.Equal("600", Header(response, "Access-Control-Max-Age"));
        }

        Assert.Empty(backend.Requests);
    }

    [Fact]
    public async Task Preflight_TellsTheHeadersAndTheTimeThatAreConfigured()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(
            backend, ("Gateway:Cors:Origins:0", App), ("Gateway:Cors:Headers:0", "X-Own"), ("Gateway:Cors:MaxAge", "00:00:07"));
        using var request = new HttpRequestMessage(HttpMethod.Options, "/echo/x")
        {
            Headers = { { "Origin", App }, { "Access-Control-Request-Method", "POST" }, { "Access-Control-Request-Headers", "x-own" } },
        };

        using var response = await gateway.Client.SendAsync(request, Cancellation);

        Assert.Equal("X-Own", Header(response, "Access-Control-Allow-Headers"));
        Assert.Equal("7", Header(response, "Access-Control-Max-Age"));
    }

    [Fact]
    public async Task Answer_ThatIsNoPage_GetsThePolicyOfData()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, ("Gateway:Headers:DataPolicy", "default-src 'none'; sandbox"));

        using var response = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key));

        Assert.Equal("default-src 'none'; sandbox", Header(response, "Content-Security-Policy"));
    }

    [Theory]
    [InlineData(GatewayHost.Key, 200)]
    [InlineData("wrong", 401)]
    public async Task Answer_ToAnAllowedOrigin_MayBeRead(string key, int status)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, [.. s_withCookies, ("Gateway:Cors:Origins:1", "https://other.example.com")]);

        using var response = await SendAsync(gateway, "/echo/x", ("X-API-Key", key), ("Origin", App));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(App, Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal("true", Header(response, "Access-Control-Allow-Credentials"));
        Assert.Contains("Retry-After", Header(response, "Access-Control-Expose-Headers"), StringComparison.Ordinal);
        Assert.Equal(["Origin"], response.Headers.Vary);
    }

    [Theory]
    [InlineData("Origins:0", "*", "AllowCredentials is true and '*' is allowed")]
    [InlineData("Headers:0", "*", "AllowCredentials is true and '*' is allowed")]
    [InlineData("Origins:1", "https://app.example.com/", "Gateway:Cors:Origins has 'https://app.example.com/'")]
    [InlineData("Origins:1", "https://App.example.com", "Gateway:Cors:Origins has 'https://App.example.com'")]
    [InlineData("Origins:1", "app.example.com", "Gateway:Cors:Origins has 'app.example.com'")]
    [InlineData("Origins:1", "https://*.example.com", "Gateway:Cors:Origins has 'https://*.example.com'")]
    [InlineData("Origins:1", "null", "Gateway:Cors:Origins has 'null'")]
    public async Task Start_OriginsThatCannotBeRight_SaysSo(string setting, string value, string expected)
    {
        await using var backend = new RawBackend();

        var error = await Assert.ThrowsAnyAsync<Exception>(() => gateways.StartAsync(backend, [.. s_withCookies, ($"Gateway:Cors:{setting}", value)]));

        Assert.Contains(expected, error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "cross-site", null, 403)]
    [InlineData("POST", "same-site", null, 403)]
    [InlineData("POST", "cross-site", "https://evil.example.com", 403)]
    [InlineData("POST", null, "https://evil.example.com", 403)]
    [InlineData("POST", null, "null", 403)]
    [InlineData("DELETE", null, "https://evil.example.com", 403)]
    [InlineData("PUT", "none, same-origin", null, 403)]
    [InlineData("GET+websocket", null, "https://evil.example.com", 403)]
    [InlineData("GET+websocket", "cross-site", null, 403)]
    [InlineData("POST", "same-origin", null, 200)]
    [InlineData("POST", "none", null, 200)]
    [InlineData("POST", null, null, 200)]
    [InlineData("POST", null, "SELF", 200)]
    [InlineData("POST", "cross-site", App, 200)]
    [InlineData("GET", "cross-site", "https://evil.example.com", 200)]
    public async Task RequestWithCookies_FromAnotherSite_IsRefusedWhereItWouldDoSomething(string method, string? site, string? origin, int status)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, s_withCookies);
        using var request = new HttpRequestMessage(new HttpMethod(method.Split('+')[0]), "/echo/x") { Headers = { { "X-API-Key", GatewayHost.Key } } };
        request.Headers.Add("Cookie", "session=1");
        if (site is not null)
            request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", site);
        if (origin is not null)
            request.Headers.TryAddWithoutValidation("Origin", origin == "SELF" ? gateway.Address.GetLeftPart(UriPartial.Authority) : origin);
        if (method.EndsWith("websocket", StringComparison.Ordinal))
        {
            request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
            request.Headers.TryAddWithoutValidation("Upgrade", "websocket");
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        }

        using var response = await gateway.Client.SendAsync(request, Cancellation);

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 403)
        {
            await response.AssertProblemAsync(403, "FORBIDDEN");
            Assert.Empty(backend.Requests);
        }
    }

    [Fact]
    public async Task RequestWithoutCookies_FromAnotherSite_IsNobodysButItsOwn()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/echo/x")
        {
            Headers = { { "X-API-Key", GatewayHost.Key }, { "Origin", "https://evil.example.com" }, { "Sec-Fetch-Site", "cross-site" } },
        };

        using var response = await gateway.Client.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Frames_OfAServicesAnswer_AreAsItSays()
    {
        await using var backend = new RawBackend { Answer = _ => RawBackend.Ok("text/html", "x", "X-Frame-Options: SAMEORIGIN\r\n") };
        await using var gateway = await gateways.StartAsync(backend);

        using var response = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key));

        Assert.Equal("SAMEORIGIN", Header(response, "X-Frame-Options"));
    }

    [Theory]
    [InlineData("Alt-Svc", "h2=\"evil.example.com:443\"")]
    [InlineData("X-AspNet-Version", "4.0.30319")]
    [InlineData("X-AspNetMvc-Version", "5.2")]
    [InlineData("Access-Control-Allow-Methods", "DELETE")]
    [InlineData("Access-Control-Allow-Headers", "X-Evil")]
    [InlineData("Access-Control-Expose-Headers", "X-Secret")]
    [InlineData("Access-Control-Max-Age", "86400")]
    public async Task Header_ThatIsNotAServicesToSay_IsDropped(string header, string value)
    {
        await using var backend = new RawBackend { Answer = _ => RawBackend.Ok("text/plain", "x", $"{header}: {value}\r\nX-Kept: yes\r\n") };
        await using var gateway = await gateways.StartAsync(backend);

        using var response = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key));

        Assert.Null(Header(response, header));
        Assert.Equal("yes", Header(response, "X-Kept"));
    }

    [Fact]
    public async Task RequestWithCookies_OfAnAllowedOriginThatMaySendNone_IsRefused()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, ("Gateway:Cors:Origins:0", App));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/echo/x")
        {
            Headers = { { "X-API-Key", GatewayHost.Key }, { "Origin", App }, { "Sec-Fetch-Site", "cross-site" }, { "Cookie", "session=1" } },
        };

        using var response = await gateway.Client.SendAsync(request, Cancellation);

        await response.AssertProblemAsync(403, "FORBIDDEN");
        Assert.Empty(backend.Requests);
    }

    [Fact]
    public async Task StrictTransport_ForNoTime_IsNotSaid()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, ("Gateway:Headers:StrictTransportSecurity", "00:00:00"));

        using var response = await SendAsync(
            gateway, "/echo/x", ("X-API-Key", GatewayHost.Key), ("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "https"));

        Assert.Equal(["https"], RawBackend.Values(backend.Only, "X-Forwarded-Proto"));
        Assert.Null(Header(response, "Strict-Transport-Security"));
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? Assert.Single(values) : null;
}
