using System.Net;

namespace RankMyBrand.Tests.Gateway.Identity;

/// <summary>What a known caller may do: scopes and roles of the routes.</summary>
public sealed class AccessTests(Gateways gateways)
{
    private const string Reader = "reader-key-0123456789abcdefghijklmnopqrs";
    private const string Writer = "writer-key-0123456789abcdefghijklmnopqrs";
    private const string Analyst = "analyst-key-0123456789abcdefghijklmnopqr";
    private const string Nothing = "nothing-key-0123456789abcdefghijklmnopqr";
    private const string Full = GatewayHost.Key;

    private static readonly (string, string)[] s_settings =
    [
        ("Security:ApiKeys:reader:Key", Reader),
        ("Security:ApiKeys:reader:Scopes:0", "events:read"),
        ("Security:ApiKeys:writer:Key", Writer),
        ("Security:ApiKeys:writer:Scopes:0", "events:read"),
        ("Security:ApiKeys:writer:Scopes:1", "events:write"),
        ("Security:ApiKeys:analyst:Key", Analyst),
        ("Security:ApiKeys:analyst:Roles:0", "analyst"),
        ("Security:ApiKeys:nothing:Key", Nothing),
        .. Route("open", "/open", ("Anonymous", "true")),
        .. Route("known", "/known"),
        .. Route("known-too", "/known-too", ("Anonymous", "false")),
        .. Route("scoped", "/scoped", ("Scopes", "events:write")),
        .. Route("both", "/both", ("Scopes", "events:read, events:write")),
        .. Route("role", "/role", ("Roles", "owner,analyst")),
        .. Route("role-and-scope", "/role-and-scope", ("Roles", "analyst"), ("Scopes", "events:read")),
        ("ReverseProxy:Clusters:events:Destinations:event-processor:Address", "http://127.0.0.1:1"),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/open", null)]
    [InlineData("/open", "not a key")]
    [InlineData("/open", Nothing)]
    [InlineData("/known", Nothing)]
    [InlineData("/known-too", Reader)]
    [InlineData("/scoped", Writer)]
    [InlineData("/scoped", Full)]
    [InlineData("/both", Writer)]
    [InlineData("/both", Full)]
    [InlineData("/role", Analyst)]
    public async Task Request_AllowedByTheRoute_Passes(string path, string? key)
    {
        await using var backend = new RawBackend();
        await using var gateway = await StartAsync(backend);
        using var client = gateway.CreateClient(key);

        using var response = await client.GetAsync(path, Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(RawBackend.Values(backend.Only, "X-API-Key"));
    }

    [Theory]
    [InlineData("/known", null, 401, "")]
    [InlineData("/known-too", null, 401, "")]
    [InlineData("/scoped", null, 401, "")]
    [InlineData("/role", null, 401, "")]
    [InlineData("/scoped", Reader, 403, "events:write")]
    [InlineData("/scoped", Nothing, 403, "events:write")]
    [InlineData("/both", Reader, 403, "events:write")]
    [InlineData("/both", Nothing, 403, "events:read")]
    [InlineData("/role", Writer, 403, "owner, analyst")]
    [InlineData("/role", Full, 403, "owner, analyst")]
    [InlineData("/role-and-scope", Analyst, 403, "events:read")]
    [InlineData("/role-and-scope", Reader, 403, "analyst")]
    public async Task Request_NotAllowedByTheRoute_IsRefused(string path, string? key, int status, string detail)
    {
        await using var backend = new RawBackend();
        await using var gateway = await StartAsync(backend);
        using var client = gateway.CreateClient(key);

        using var response = await client.GetAsync(path, Cancellation);

        Assert.Contains(detail, await response.AssertProblemAsync(status, status == 401 ? "UNAUTHORIZED" : "FORBIDDEN"), StringComparison.Ordinal);
        Assert.Empty(backend.Requests);
    }

    [Fact]
    public async Task Request_WithoutTheScope_IsToldWhichOnesItTakes()
    {
        await using var backend = new RawBackend();
        await using var gateway = await StartAsync(backend);
        using var client = gateway.CreateClient(Reader);

        using var response = await client.GetAsync("/both", Cancellation);

        Assert.Equal("Bearer error=\"insufficient_scope\", scope=\"events:read events:write\"", response.Headers.WwwAuthenticate.ToString());
        // It has counted like any other.
        Assert.True(response.Headers.Contains("RateLimit"));
    }

    /// <summary>The routes that the gateway ships with.</summary>
    [Theory]
    [InlineData("GET", "/api/events/ai.responses", Reader, 502)]
    [InlineData("POST", "/api/events/ai.responses", Reader, 403)]
    [InlineData("POST", "/api/events/ai.responses", Writer, 502)]
    [InlineData("POST", "/api/events/ai.responses/batch", Reader, 403)]
    [InlineData("POST", "/api/events/ai.responses/batch", Writer, 502)]
    [InlineData("GET", "/api/events/ai.responses/batch", Reader, 502)]
    [InlineData("DELETE", "/api/events/ai.responses", Full, 405)]
    [InlineData("DELETE", "/api/events/ai.responses", null, 401)]
    [InlineData("GET", "/api/metrics/brands/x", Reader, 403)]
    [InlineData("GET", "/api/metrics/brands/x", Full, 502)]
    [InlineData("GET", "/api/admin/streams", Writer, 403)]
    [InlineData("POST", "/api/admin/streams/x/dead/replay", Writer, 403)]
    [InlineData("GET", "/api/admin/streams", null, 401)]
    [InlineData("GET", "/API/Admin/streams", Writer, 403)]
    [InlineData("GET", "/api//admin/streams", Writer, 404)]
    [InlineData("GET", "/api/events/../admin/streams", Writer, 403)]
    [InlineData("GET", "/api/events/%2e%2e/admin/streams", Writer, 403)]
    [InlineData("GET", "/api/admin", null, 401)]
    [InlineData("GET", "/api/admin/streams", Full, 502)]
    public async Task ShippedRoutes_AskForTheirScopes(string method, string path, string? key, int status)
    {
        await using var backend = new RawBackend();
        await using var gateway = await StartAsync(backend);
        using var client = gateway.CreateClient(key);
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(gateway.Address, path));

        using var response = await client.SendAsync(request, Cancellation);

        // Nobody listens behind the shipped routes here, so 502 means let through.
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("Anonymous", "yes", "Route 'bad': Metadata:Anonymous is 'yes'; it must be true or false")]
    [InlineData("Scopes", " , ", "Route 'bad': Metadata:Scopes is ' , '; it must name at least one")]
    [InlineData("Scopes", "events:\"read\"", "Route 'bad': Metadata:Scopes is 'events:\"read\"'; each must be 1 to 128 visible ASCII characters without '\"'")]
    [InlineData("Scopes", "events:read,\r\nevents:write", "each must be 1 to 128 visible ASCII characters")]
    [InlineData("Roles", "propriétaire", "Route 'bad': Metadata:Roles is 'propriétaire'; each must be 1 to 128 visible ASCII characters")]
    [InlineData("Scope", "admin", "ReverseProxy:Routes:bad:Metadata:Scope is not a setting; those are Anonymous, Roles, Scopes, RateLimits, FirstByteTimeout, Timeout")]
    [InlineData("Scpoes", "admin", "ReverseProxy:Routes:bad:Metadata:Scpoes is not a setting")]
    [InlineData("roles", "admin", "ReverseProxy:Routes:bad:Metadata:roles is not a setting")]
    public async Task Start_MetadataThatCannotBeRead_SaysSo(string key, string value, string expected)
    {
        await using var backend = new RawBackend();

        var error = await Assert.ThrowsAnyAsync<Exception>(() => gateways.StartAsync(backend, [.. Route("bad", "/bad", (key, value))]));

        Assert.Contains(expected, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_AnonymousRouteWithScopes_SaysSo()
    {
        await using var backend = new RawBackend();

        var error = await Assert.ThrowsAnyAsync<Exception>(
            () => gateways.StartAsync(backend, [.. Route("bad", "/bad", ("Anonymous", "true"), ("Scopes", "admin"))]));

        Assert.Contains("cannot be anonymous", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_RouteWithScopesThatYarpWouldOpen_SaysSo()
    {
        await using var backend = new RawBackend();

        var error = await Assert.ThrowsAnyAsync<Exception>(() => gateways.StartAsync(
            backend, [.. Route("bad", "/bad", ("Scopes", "admin")), ("ReverseProxy:Routes:bad:AuthorizationPolicy", "anonymous")]));

        Assert.Contains(
            "ReverseProxy:Routes:bad:AuthorizationPolicy is 'anonymous'; it is not supported", error.ToString(), StringComparison.Ordinal);
    }

    private Task<GatewayHost> StartAsync(RawBackend backend) => gateways.StartAsync(backend, s_settings);

    private static IEnumerable<(string, string)> Route(string id, string path, params (string Key, string Value)[] metadata) =>
    [
        ($"ReverseProxy:Routes:{id}:ClusterId", "test"),
        ($"ReverseProxy:Routes:{id}:Match:Path", path),
        .. metadata.Select(item => ($"ReverseProxy:Routes:{id}:Metadata:{item.Key}", item.Value)),
    ];
}
