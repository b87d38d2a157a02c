using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace RankMyBrand.Tests.Gateway.RateLimits;

/// <summary>Which limits a request is charged to, and what those are told that are over.</summary>
public sealed class RateLimitTests(Gateways gateways) : IAsyncLifetime
{
    private const string Other = "other-key-0123456789abcdefghijklmnopqrst";

    private static readonly (string, string)[] s_settings =
    [
        ("Security:ApiKeys:other:Key", Other),
        ("Security:ApiKeys:other:Tenant", "acme"),
        ("Security:ApiKeys:other:RateLimits:three:Permits", "5"),
        .. Policy("three", 3, "Caller"),
        .. Policy("tenant", 3, "Tenant"),
        .. Policy("ten", 10, "Caller"),
        .. Policy("by-route", 3, "Caller", "Route"),
        .. Policy("all", 3),
        .. Policy("visitors", 3, "Ip"),
        .. Policy("slots", 2, "Caller"),
        ("RateLimits:Policies:slots:Algorithm", "Concurrency"),
        ("Gateway:RateLimits:Anonymous", "visitors"),
        .. Route("three", "/three", ("RateLimits", "three")),
        .. Route("three-too", "/three-too", ("RateLimits", "three")),
        .. Route("tenant", "/tenant", ("RateLimits", "tenant")),
        .. Route("costly", "/costly", ("RateLimits", "ten:4")),
        .. Route("too-costly", "/too-costly", ("RateLimits", "ten:11")),
        .. Route("two", "/two", ("RateLimits", "ten, three")),
        .. Route("small", "/small", ("RateLimits", "ten")),
        ("ReverseProxy:Routes:small:MaxRequestBodySize", "1000"),
        .. Route("one", "/one", ("RateLimits", "by-route")),
        .. Route("another", "/another", ("RateLimits", "by-route")),
        .. Route("open", "/open", ("Anonymous", "true")),
        .. Route("open-slots", "/slots", ("RateLimits", "slots")),
        .. Route("free", "/free", ("RateLimits", "none"), ("Anonymous", "true")),
    ];

    private readonly RawBackend _backend = new();
    private GatewayHost _gateway = null!;
    private HttpClient _client = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _gateway = await gateways.StartAsync(_backend, s_settings);
        _client = _gateway.CreateClient(GatewayHost.Key);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _gateway.DisposeAsync();
        await _backend.DisposeAsync();
    }

    [Fact]
    public async Task Response_OfALimitedRoute_TellsTheLimits()
    {
        using var response = await _client.GetAsync("/two", Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("\"ten\";q=10;w=3600, \"three\";q=3;w=3600", Header(response, "RateLimit-Policy"));
        Assert.Matches("^\"ten\";r=9;t=\\d+, \"three\";r=2;t=\\d+$", Header(response, "RateLimit"));
        Assert.Null(response.Headers.RetryAfter);
    }

    [Theory]
    [InlineData("POST", "Transfer-Encoding: chunked\r\n\r\n7d0\r\n", 413)]
    [InlineData("GET", "\r\n", 502)]
    public async Task Response_ThatReplacesOneThatCannotBeFinished_TellsTheLimits(string method, string rest, int status)
    {
        _backend.Answer = static _ => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nthis is no chunk\r\n";
        await using var client = await RawClient.ConnectAsync(_gateway.Address);

        await client.SendAsync(
            $"{method} /small HTTP/1.1\r\nHost: a\r\nX-API-Key: {GatewayHost.Key}\r\n{rest}{new string('a', status == 413 ? 2000 : 0)}");

        var answer = await client.ReadAsync();
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Equal(["\"ten\";q=10;w=3600"], RawBackend.Values(answer!, "RateLimit-Policy"));
        Assert.StartsWith("\"ten\";r=9;t=", Assert.Single(RawBackend.Values(answer!, "RateLimit")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_OverTheLimit_IsToldWhatAndWhen()
    {
        Assert.Equal(3, await AdmittedAsync("/three"));

        using var response = await _client.GetAsync("/three", Cancellation);

        await response.AssertProblemAsync(429, "RATE_LIMITED");
        var problem = (await response.Content.ReadFromJsonAsync<JsonObject>(Cancellation))!;
        Assert.Equal("https://iana.org/assignments/http-problem-types#quota-exceeded", (string?)problem["type"]);
        Assert.Equal("three", (string?)Assert.Single(problem["violated-policies"]!.AsArray()));
        Assert.Equal("\"three\";q=3;w=3600", Header(response, "RateLimit-Policy"));
        Assert.Matches("^\"three\";r=0;t=\\d+$", Header(response, "RateLimit"));
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Assert.Equal($"The rate limit 'three' is used up; try again in {response.Headers.RetryAfter.Delta.Value.TotalSeconds} s.", (string?)problem["detail"]);
        Assert.Equal(3, _backend.Requests.Count);
    }

    [Fact]
    public async Task Limit_OfACaller_IsSharedByRoutesAndNotByCallers()
    {
        Assert.Equal(3, await AdmittedAsync("/three"));
        Assert.Equal(0, await AdmittedAsync("/three-too"));

        // And this key has numbers of its own.
        using var other = _gateway.CreateClient(Other);
        Assert.Equal(5, await AdmittedAsync("/three", other));
    }

    [Fact]
    public async Task Limit_OfATenant_IsSharedByItsCallers()
    {
        Assert.Equal(3, await AdmittedAsync("/tenant"));

        using var other = _gateway.CreateClient(Other);
        Assert.Equal(0, await AdmittedAsync("/tenant", other));
    }

    [Fact]
    public async Task Limit_ByRoute_IsOfEachRoute()
    {
        Assert.Equal(3, await AdmittedAsync("/one"));
        Assert.Equal(3, await AdmittedAsync("/another"));
    }

    [Fact]
    public async Task Request_ToACostlyRoute_IsChargedItsCost() => Assert.Equal(2, await AdmittedAsync("/costly"));

    [Fact]
    public async Task Request_ThatCostsMoreThanTheLimit_IsToldThatWaitingDoesNotHelp()
    {
        using var response = await _client.GetAsync("/too-costly", Cancellation);

        Assert.Contains("costs more than the rate limit 'ten' ever allows", await response.AssertProblemAsync(429, "RATE_LIMITED"), StringComparison.Ordinal);
        Assert.Null(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Request_RefusedByOneLimit_IsNotChargedToTheOther()
    {
        Assert.Equal(3, await AdmittedAsync("/two"));
        Assert.Equal(0, await AdmittedAsync("/two"));

        using var response = await _client.GetAsync("/costly", Cancellation);
        Assert.Matches("^\"ten\";r=3", Header(response, "RateLimit"));
    }

    [Fact]
    public async Task Caller_WhoIsNotAsked_IsLimitedByAddress()
    {
        Assert.Equal(3, await AdmittedAsync("/open", _gateway.Client));

        // Addresses that lead nowhere count as well: who scans is slowed down.
        using var nowhere = await _gateway.Client.GetAsync("/nowhere", Cancellation);
        await nowhere.AssertProblemAsync(429, "RATE_LIMITED");
        using var known = await _client.GetAsync("/echo/x", Cancellation);
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);
    }

    [Fact]
    public async Task Route_WithoutLimits_HasNone()
    {
        using var response = await _gateway.Client.GetAsync("/free", Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.False(response.Headers.Contains("RateLimit"));
    }

    [Fact]
    public async Task Probes_AreNotLimited()
    {
        for (var i = 0; i < 10; i++)
        {
            using var response = await _gateway.Client.GetAsync("/health/live", Cancellation);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task Slots_AreFreedWhenTheRequestHasEnded()
    {
        var waiting = new SemaphoreSlim(0);
        _backend.Answer = _ =>
        {
            waiting.Wait(Cancellation);
            return RawBackend.Ok("text/plain", "late");
        };
        var first = _client.GetAsync("/slots", Cancellation);
        var second = _client.GetAsync("/slots", Cancellation);
        while (_backend.Requests.Count < 2)
            await Task.Delay(10, Cancellation);

        using (var third = await _client.GetAsync("/slots", Cancellation))
            await third.AssertProblemAsync(429, "RATE_LIMITED");
        waiting.Release(3);
        using (await first)
        using (await second)
        {
        }

        // The slot is free once the server has finished with the answer, which the client may see a little earlier.
        while (true)
        {
            using var fourth = await _client.GetAsync("/slots", Cancellation);
            if (fourth.IsSuccessStatusCode)
                break;
            await Task.Delay(10, Cancellation);
        }
    }

    [Fact]
    public async Task Slots_OfAConnectionThatHasSwitchedProtocols_AreFreedWhenItEnds()
    {
        _backend.Answer = static _ => "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
        await using var first = await RawClient.ConnectAsync(_gateway.Address);
        Assert.StartsWith("HTTP/1.1 101 ", await UpgradeAsync(first), StringComparison.Ordinal);
        await using (var second = await RawClient.ConnectAsync(_gateway.Address))
        {
            Assert.StartsWith("HTTP/1.1 101 ", await UpgradeAsync(second), StringComparison.Ordinal);
            await using var third = await RawClient.ConnectAsync(_gateway.Address);
            Assert.StartsWith("HTTP/1.1 429 ", await UpgradeAsync(third), StringComparison.Ordinal);
        }

        while (true)
        {
            await using var fourth = await RawClient.ConnectAsync(_gateway.Address);
            if (await UpgradeAsync(fourth) is { } answer && answer.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal))
                break;
            await Task.Delay(10, Cancellation);
        }
    }

    [Theory]
    [InlineData("RateLimits", "nope", "Metadata:RateLimits names 'nope'; add it under RateLimits:Policies")]
    [InlineData("RateLimits", "three:0", "a cost must be a whole number from 1")]
    [InlineData("RateLimits", "three:x", "a cost must be a whole number from 1")]
    [InlineData("RateLimits", "three three", "it must name from 1 to 8 policies, each once")]
    [InlineData("RateLimits", "", "it must name from 1 to 8 policies")]
    [InlineData("RateLimits", "a b c d e f g h i", "it must name from 1 to 8 policies")]
    [InlineData("RateLimit", "three", "ReverseProxy:Routes:bad:Metadata:RateLimit is not a setting")]
    [InlineData("RateLimts", "three", "ReverseProxy:Routes:bad:Metadata:RateLimts is not a setting")]
    public async Task Start_MetadataThatCannotBeRead_SaysSo(string key, string value, string expected)
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(
            () => gateways.StartAsync(_backend, [.. Policy("three", 3), .. Route("bad", "/bad", (key, value))]));

        Assert.Contains(expected, error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Gateway:RateLimits:Default", "nope", "Gateway:RateLimits:Default uses the policy 'nope'")]
    [InlineData("Security:ApiKeys:full:RateLimits:nope:Permits", "1", "Security:ApiKeys:full:RateLimits:nope needs a policy 'nope'")]
    [InlineData("Security:ApiKeys:full:RateLimits:address:Permits", "1", "whose PartitionBy is Caller or ApiKey alone")]
    [InlineData("Security:ApiKeys:full:RateLimits:caller:Permit", "1", "Permit")]
    public async Task Start_ASettingThatCannotBeRight_SaysSo(string key, string value, string expected)
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(() => gateways.StartAsync(_backend, (key, value)));

        Assert.Contains(expected, error.ToString(), StringComparison.Ordinal);
    }

    internal static IEnumerable<(string, string)> Policy(string name, int permits, params string[] partitions) =>
    [
        ($"RateLimits:Policies:{name}:Permits", $"{permits}"),
        ($"RateLimits:Policies:{name}:Window", "01:00:00"),
        .. partitions.Select((partition, index) => ($"RateLimits:Policies:{name}:PartitionBy:{index}", partition)),
    ];

    internal static IEnumerable<(string, string)> Route(string id, string path, params (string Key, string Value)[] metadata) =>
    [
        ($"ReverseProxy:Routes:{id}:ClusterId", "test"),
        ($"ReverseProxy:Routes:{id}:Match:Path", path),
        .. metadata.Select(item => ($"ReverseProxy:Routes:{id}:Metadata:{item.Key}", item.Value)),
    ];

    private static async Task<string?> UpgradeAsync(RawClient client)
    {
        await client.SendAsync(
            $"GET /slots HTTP/1.1\r\nHost: a\r\nX-API-Key: {GatewayHost.Key}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        return await client.ReadAsync();
    }

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));

    private async Task<int> AdmittedAsync(string path, HttpClient? client = null)
    {
        for (var admitted = 0; ; admitted++)
        {
            using var response = await (client ?? _client).GetAsync(path, Cancellation);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                await response.AssertProblemAsync(429, "RATE_LIMITED");
                return admitted;
            }
        }
    }
}
