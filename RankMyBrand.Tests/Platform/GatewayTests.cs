using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace RankMyBrand.Tests.Platform;

/// <summary>What a client sees at the edge when something is wrong, and what operators see.</summary>
[Collection(PlatformFixture.Collection)]
public sealed class GatewayTests(PlatformFixture platform)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, "has no API key and no token")]
    [InlineData("", "has no API key and no token")]
    [InlineData("wrong", "API key is not known")]
    [InlineData(PlatformFixture.ApiKey + "x", "API key is not known")]
    public async Task Api_WithoutAKnownKey_Is401(string? key, string expected)
    {
        using var client = await platform.CreateClientAsync(apiKey: null);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/events/ai.responses");
        if (key is not null)
            request.Headers.TryAddWithoutValidation("X-API-Key", key);

        using var response = await client.SendAsync(request, Cancellation);

        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
        await AssertProblemAsync(response, HttpStatusCode.Unauthorized, "UNAUTHORIZED", expected);
    }

    [Fact]
    public async Task Api_KeyAsBearerToken_IsTaken()
    {
        using var client = await platform.CreateClientAsync(apiKey: null);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", PlatformFixture.ApiKey);

        using var response = await client.GetAsync("/api/events/ai.responses?limit=1", Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("/api/events/nope", "{\"type\":\"t\",\"data\":1}", "application/json", 404, "NOT_FOUND", "There is no stream 'nope'. Known streams: actions.pending")]
    [InlineData("/api/events/nope/batch", "[]", "application/json", 404, "NOT_FOUND", "There is no stream 'nope'")]
    [InlineData("/api/events/ai.responses", "{\"type\":\"t\"}", "application/json", 400, "VALIDATION", "no 'data'")]
    [InlineData("/api/events/ai.responses", "{", "application/json", 400, "VALIDATION", "not valid JSON")]
    [InlineData("/api/events/ai.responses", "<a/>", "text/xml", 415, "VALIDATION", "'text/xml' is not an event")]
    [InlineData("/api/events/ai.responses/batch", "{}", "application/json", 400, "VALIDATION", "not a JSON array")]
    [InlineData("/api/events/ai.responses/batch", "[]", "application/json", 400, "VALIDATION", "holds no events")]
    [InlineData("/api/events/ai.responses/batch", "a,b", "text/csv", 415, "VALIDATION", "'text/csv' is not a batch")]
    public async Task Post_BadInput_SaysWhatIsWrong(string path, string body, string contentType, int status, string code, string detail)
    {
        using var client = await platform.CreateClientAsync();

        using var response = await client.PostAsync(path, new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(contentType)), Cancellation);

        await AssertProblemAsync(response, (HttpStatusCode)status, code, detail);
    }

    [Fact]
    public async Task Post_AnEventOverOneMebibyte_Is413()
    {
        using var client = await platform.CreateClientAsync();
        var body = $$"""{"type":"t","data":"{{new string('x', 1024 * 1024)}}"}""";

        using var response = await client.PostAsync("/api/events/ai.responses", new StringContent(body, Encoding.UTF8, "application/json"), Cancellation);

        await AssertProblemAsync(response, HttpStatusCode.RequestEntityTooLarge, "VALIDATION", "at most 1048576 are taken");
    }

    [Theory]
    [InlineData("limit=0", "'limit' is '0'; it must be a whole number from 1 to 1000")]
    [InlineData("limit=1001", "'limit' is '1001'")]
    [InlineData("limit=x", "'limit' is 'x'")]
    [InlineData("from=yesterday", "'from' is 'yesterday'; it must be an ISO 8601 time")]
    [InlineData("to=13", "'to' is '13'")]
    [InlineData("cursor=abc", "'cursor' is 'abc'; it must be the nextCursor of the page before")]
    [InlineData("order=up", "'order' is 'up'")]
    public async Task Get_BadParameter_NamesItAndWhatWasExpected(string query, string expected)
    {
        using var client = await platform.CreateClientAsync();

        using var response = await client.GetAsync($"/api/events/ai.responses?{query}", Cancellation);

        await AssertProblemAsync(response, HttpStatusCode.BadRequest, "VALIDATION", expected);
    }

    [Fact]
    public async Task CorrelationId_GoesInComesBackAndIsStored()
    {
        using var client = await platform.CreateClientAsync();
        var type = $"test.{Guid.NewGuid():N}";
        client.DefaultRequestHeaders.Add("X-Correlation-ID", "order-4711");

        using var response = await client.PostAsync(
            "/api/events/ai.responses", new StringContent($$"""{"type":"{{type}}","data":1}""", Encoding.UTF8, "application/json"), Cancellation);

        Assert.Equal("order-4711", Assert.Single(response.Headers.GetValues("X-Correlation-ID")));
        var stored = Assert.Single(await client.WaitForEventsAsync(type, 1));
        Assert.Equal("order-4711", (string?)stored["metadata"]!["correlationId"]);
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", (string?)stored["metadata"]!["traceparent"]);
    }

    [Fact]
    public async Task Tenant_SetByAClient_IsDropped()
    {
        using var client = await platform.CreateClientAsync();
        var type = $"test.{Guid.NewGuid():N}";
        client.DefaultRequestHeaders.Add("X-Tenant-ID", "somebody-else");

        using (await client.PostAsync("/api/events/ai.responses", new StringContent($$"""{"type":"{{type}}","data":1}""", Encoding.UTF8, "application/json"), Cancellation))
            await client.WaitForEventsAsync(type, 1);

        await using var database = await platform.OpenDatabaseAsync(Cancellation);
        await using var command = new Npgsql.NpgsqlCommand("SELECT tenant_id FROM events WHERE event_type = $1", database) { Parameters = { new() { Value = type } } };
        Assert.Equal("default", await command.ExecuteScalarAsync(Cancellation));
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("registry")]
    [InlineData("event-processor")]
    public async Task EveryService_AnswersItsProbes(string service)
    {
        var app = await platform.StartAsync();
        using var client = new HttpClient { BaseAddress = Aspire.Hosting.Testing.DistributedApplicationHostingTestingExtensions.GetEndpoint(app, service, "http") };

        foreach (var path in new[] { "/health/live", "/health/ready", "/health" })
            await WaitForOkAsync(client, path);

        var health = await client.GetFromJsonAsync<JsonObject>("/health", Cancellation);
        Assert.Equal("Healthy", (string?)health!["status"]);
        using (await client.GetAsync("/nowhere", Cancellation))
        {
        }

        var metrics = await client.GetStringAsync("/metrics", Cancellation);
        Assert.Contains("http_server_request_duration_seconds_bucket{", metrics, StringComparison.Ordinal);
        Assert.Contains("dotnet_gc_collections_total", metrics, StringComparison.Ordinal);
    }

    /// <summary>Another test may have killed a server just before; its clients are back within seconds.</summary>
    private static async Task WaitForOkAsync(HttpClient client, string path)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        timeout.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            using var response = await client.GetAsync(path, timeout.Token);
            if (response.StatusCode is HttpStatusCode.OK)
                return;
            await Task.Delay(100, timeout.Token);
        }
    }

    private static async Task AssertProblemAsync(HttpResponseMessage response, HttpStatusCode status, string code, string detail)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = (await response.Content.ReadFromJsonAsync<JsonObject>(Cancellation))!;
        Assert.Equal(code, (string?)problem["code"]);
        Assert.Contains(detail, (string?)problem["detail"], StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty((string?)problem["traceId"]));
    }
}
