using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using RankMyBrand.Gateway.Documents;
using RankMyBrand.Tests.Gateway.Routing;
using RankMyBrand.Tests.ServiceDefaults;

namespace RankMyBrand.Tests.Gateway.Documents;

/// <summary>The API document and its page, with a service behind the gateway that describes itself.</summary>
public sealed class ApiDocumentTests(Gateways gateways)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Document_OfAServiceAndTheGateway_HoldsThePublicPathsOfBoth()
    {
        await using var service = await StartServiceAsync(() => Describing("/api/things", "/internal/secrets"));
        await using var gateway = await StartGatewayAsync(service);

        var document = await ReadAsync(gateway);

        Assert.StartsWith("3.1", document["openapi"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(["/api/things", "/ws"], document["paths"]!.AsObject().Select(path => path.Key).Order(StringComparer.Ordinal));
        Assert.Equal(["apiKey", "bearer"], document["components"]!["securitySchemes"]!.AsObject().Select(scheme => scheme.Key));
    }

    [Fact]
    public async Task Document_OfAServiceThatIsAway_StaysAsItWas()
    {
        var isAway = false;
        await using var service = await StartServiceAsync(() => isAway ? null : Describing("/api/things"));
        await using var gateway = await StartGatewayAsync(service, ("ApiDocument:MaxAge", "00:00:00"));
        await ReadAsync(gateway);

        isAway = true;

        Assert.NotNull((await ReadAsync(gateway))["paths"]!["/api/things"]);
    }

    [Fact]
    public async Task Document_ThatIsYoung_IsNotAskedForAgain()
    {
        var asked = 0;
        await using var service = await StartServiceAsync(() =>
        {
            Interlocked.Increment(ref asked);
            return Describing("/api/things");
        });
        await using var gateway = await StartGatewayAsync(service, ("ApiDocument:MaxAge", "01:00:00"));

        for (var i = 0; i < 3; i++)
            await ReadAsync(gateway);

        Assert.Equal(1, Volatile.Read(ref asked));
    }

    [Fact]
    public async Task Document_MayBeKeptByCachesForAsLongAsItIsYoung()
    {
        await using var service = await StartServiceAsync(() => Describing("/api/things"));
        await using var gateway = await StartGatewayAsync(service);

        using var response = await gateway.Client.GetAsync(new Uri("/openapi/v1.json", UriKind.Relative), Token);

        Assert.Equal("public, max-age=10", response.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task Head_OfTheDocument_IsForEverybodyToo()
    {
        await using var service = await StartServiceAsync(() => Describing("/api/things"));
        await using var gateway = await StartGatewayAsync(service);
        using var request = new HttpRequestMessage(HttpMethod.Head, new Uri("/openapi/v1.json", UriKind.Relative));

        using var response = await gateway.Client.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.True(response.Content.Headers.ContentLength > 0);
    }

    [Fact]
    public async Task Document_DescribesAnErrorAsItIsSent()
    {
        await using var service = await StartServiceAsync(() => Describing("/api/things"));
        await using var gateway = await StartGatewayAsync(
            service,
            ("RateLimits:Policies:once:Algorithm", "SlidingWindow"), ("RateLimits:Policies:once:Permits", "1"),
            ("ReverseProxy:Routes:echo:Metadata:RateLimits", "once"));
        using var first = await SendAsync();
        using var refused = await SendAsync();

        var schema = (await ReadAsync(gateway))["components"]!["schemas"]!["ProblemDetails"]!;
        var sent = JsonNode.Parse(await refused.Content.ReadAsStringAsync(Token))!.AsObject().Select(member => member.Key).ToArray();

        Assert.Equal("RATE_LIMITED", JsonNode.Parse(await refused.Content.ReadAsStringAsync(Token))!["code"]!.GetValue<string>());
        Assert.Subset(schema["properties"]!.AsObject().Select(member => member.Key).ToHashSet(), sent.ToHashSet());
        Assert.Subset(sent.ToHashSet(), schema["required"]!.AsArray().Select(member => member!.GetValue<string>()).ToHashSet());

        async Task<HttpResponseMessage> SendAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/echo/x", UriKind.Relative)) { Headers = { { "X-API-Key", GatewayHost.Key } } };
            return await gateway.Client.SendAsync(request, Token);
        }
    }

    [Theory]
    [InlineData("""{"components":[]}""")]
    [InlineData("""{"components":"x","tags":{},"paths":[]}""")]
    [InlineData("""{"paths":{"/api/a":{},"/api/a":{}}}""")]
    [InlineData("""{"paths":{"/api/a":{"get":{"tags":1,"tags":2}}}}""")]
    [InlineData("""[]""")]
    public async Task Document_OfAServiceThatIsNone_DoesNotCostTheOthersTheirs(string text)
    {
        await using var service = await StartServiceAsync(() => Describing("/api/things"));
        await using var broken = await StartServiceAsync(() => text);
        await using var gateway = await gateways.StartAsync(service.Address, null, [
            ("ApiDocument:Sources:event-processor", $"{service.Address}openapi/v1.json"),
            ("ApiDocument:Sources:broken", $"{broken.Address}openapi/v1.json"),
        ]);

        Assert.NotNull((await ReadAsync(gateway))["paths"]!["/api/things"]);
    }

    [Fact]
    public async Task Document_WhileOneCallerWaitsForTheNext_IsServedAsItWas()
    {
        using var source = new SlowSource();
        await using var service = await source.StartAsync();
        await using var gateway = await StartGatewayAsync(
            service, ("ApiDocument:MaxAge", "00:00:00"), ("ApiDocument:SourceTimeout", "00:01:00"));
        await ReadAsync(gateway);

        source.Hang("/api/new");
        var waiting = ReadAsync(gateway);
        await source.AskedAsync();
        var others = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => ReadAsync(gateway))).WaitAsync(s_patience, Token);

        Assert.False(waiting.IsCompleted);
        Assert.All(others, document => Assert.NotNull(document["paths"]!["/api/old"]));
        source.Release();
        Assert.NotNull((await waiting.WaitAsync(s_patience, Token))["paths"]!["/api/new"]);
    }

    [Fact]
    public async Task Document_TheFirstWhoAsksGoesAway_IsMergedForTheOthers()
    {
        using var source = new SlowSource();
        await using var service = await source.StartAsync();
        await using var gateway = await StartGatewayAsync(service, ("ApiDocument:SourceTimeout", "00:01:00"));
        using var leaving = new CancellationTokenSource();
        source.Hang("/api/new");

        var first = gateway.Client.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), leaving.Token);
        await source.AskedAsync();
        var second = ReadAsync(gateway);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        source.Release();

        Assert.NotNull((await second.WaitAsync(s_patience, Token))["paths"]!["/api/new"]);
        Assert.Equal(1, source.Asked);
    }

    [Fact]
    public async Task Document_OfAServiceThatHangs_DoesWithoutItAfterAWhile()
    {
        using var source = new SlowSource();
        source.Hang("/api/never");
        await using var hanging = await source.StartAsync();
        await using var service = await StartServiceAsync(() => Describing("/api/things"));
        var log = new TestLog();
        await using var gateway = await gateways.StartAsync(service.Address, log, [
            ("ApiDocument:Sources:event-processor", $"{service.Address}openapi/v1.json"),
            ("ApiDocument:Sources:hanging", $"{hanging.Address}openapi/v1.json"),
            ("ApiDocument:SourceTimeout", "00:00:00.5"),
        ]);

        var document = await ReadAsync(gateway).WaitAsync(s_patience, Token);

        Assert.NotNull(document["paths"]!["/api/things"]);
        await log.WaitForAsync("The API document of hanging cannot be read at");
        await log.WaitForAsync("so it stays as it was: it has not come within 00:00:00.5");
    }

    [Theory]
    [InlineData(
        "MaxAge", "-00:00:01",
        "Configuration 'ApiDocument:MaxAge' is not valid (now '-00:00:01'): it must be from 00:00:00 to 1.00:00:00.")]
    [InlineData(
        "SourceTimeout", "00:00:00",
        "Configuration 'ApiDocument:SourceTimeout' is not valid (now '00:00:00'): it must be from 00:00:00.1 to 00:01:00.")]
    [InlineData(
        "Sources:things", "things/openapi",
        "the source 'things' is 'things/openapi'; it must be an absolute address, such as http://things/openapi/v1.json.")]
    [InlineData("Sources:things", "ftp://things/", "the source 'things' is 'ftp://things/'; it must be an absolute address")]
    public async Task Settings_NotValid_StopTheStart(string key, string value, string message)
    {
        await using var backend = new RawBackend();

        var error = await Assert.ThrowsAsync<OptionsValidationException>(
            () => gateways.StartAsync(backend, [($"ApiDocument:{key}", value)]));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_AskedFor_IsHtmlThatReadsTheDocument()
    {
        await using var service = await StartServiceAsync(() => Describing("/api/things"));
        await using var gateway = await StartGatewayAsync(service);

        var page = await gateway.Client.GetAsync(new Uri("/docs/index.html", UriKind.Relative), Token);
        var script = await gateway.Client.GetStringAsync(new Uri("/docs/index.js", UriKind.Relative), Token);

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        Assert.Contains("/openapi/v1.json", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_TwoServicesWithDifferentSchemasOfOneName_KeepsBoth()
    {
        var merged = Merge(("a", WithSchema("string")), ("b", WithSchema("integer")));

        var schemas = merged["components"]!["schemas"]!;
        Assert.Equal("string", schemas["Thing"]!["type"]!.GetValue<string>());
        Assert.Equal("integer", schemas["b.Thing"]!["type"]!.GetValue<string>());
        Assert.Equal("#/components/schemas/b.Thing", merged["paths"]!["/api/b"]!["get"]!["schema"]!["$ref"]!.GetValue<string>());

        static JsonObject WithSchema(string type)
        {
            var path = type == "string" ? "/api/a" : "/api/b";
            return JsonNode.Parse(
                """{"paths":{"PATH":{"get":{"schema":{"$ref":"#/components/schemas/Thing"}}}},"components":{"schemas":{"Thing":{"type":"TYPE"}}}}"""
                    .Replace("PATH", path, StringComparison.Ordinal).Replace("TYPE", type, StringComparison.Ordinal))!.AsObject();
        }
    }

    [Fact]
    public void Merge_TwoServicesWithTheSameSchema_HoldsItOnce()
    {
        var document = JsonNode.Parse("""{"components":{"schemas":{"Thing":{"type":"string"}}}}""")!.AsObject();

        var merged = Merge(("a", document), ("b", document.DeepClone().AsObject()));

        Assert.Equal(["ProblemDetails", "Thing"], merged["components"]!["schemas"]!.AsObject().Select(schema => schema.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Merge_ComponentsOfAllKinds_AreThereForWhoRefersToThem()
    {
        var merged = Merge(
            ("a", Parsed("""
                {"paths":{"/api/a/{id}":{"get":{"operationId":"Get","security":[{"oauth":[]}],"parameters":[{"$ref":"#/components/parameters/Id"}]}}},
                 "tags":[{"name":"Things"}],
                 "components":{"parameters":{"Id":{"name":"id","in":"path"}},"securitySchemes":{"oauth":{"type":"oauth2"}},
                   "schemas":{"Node":{"properties":{"kids":{"type":"array"}}},"List":{"items":{"$ref":"#/components/schemas/Node"}}}}}
                """)),
            ("b", Parsed("""
                {"paths":{"/api/a/{name}":{"get":{}},
                   "/api/b":{"get":{"operationId":"Get","security":[],"x":{"$ref":"#/components/schemas/Node/properties/kids"},
                     "y":{"$ref":"#/components/schemas/List"},"discriminator":{"mapping":{"n":"#/components/schemas/Node"}}}}},
                 "tags":[{"name":"Things","description":"of b"},{"name":"More"}],
                 "components":{"schemas":{"Node":{"properties":{"kids":{"type":"object"}}},"List":{"items":{"$ref":"#/components/schemas/Node"}}}}}
                """)));

        var operation = merged["paths"]!["/api/b"]!["get"]!;
        Assert.Equal("#/components/schemas/b.Node/properties/kids", operation["x"]!["$ref"]!.GetValue<string>());
        Assert.Equal("#/components/schemas/b.Node", operation["discriminator"]!["mapping"]!["n"]!.GetValue<string>());
        // The list of b is another one, since what it lists is.
        Assert.Equal("#/components/schemas/b.List", operation["y"]!["$ref"]!.GetValue<string>());
        Assert.Equal("#/components/schemas/b.Node", merged["components"]!["schemas"]!["b.List"]!["items"]!["$ref"]!.GetValue<string>());
        Assert.Equal("#/components/schemas/Node", merged["components"]!["schemas"]!["List"]!["items"]!["$ref"]!.GetValue<string>());
        Assert.NotNull(merged["components"]!["parameters"]!["Id"]);
        Assert.Equal("b.Get", operation["operationId"]!.GetValue<string>());
        Assert.Empty(operation["security"]!.AsArray());
        Assert.Null(merged["paths"]!["/api/a/{id}"]!["get"]!["security"]);
        Assert.Null(merged["paths"]!["/api/a/{name}"]);
        Assert.Equal(["Things", "More"], merged["tags"]!.AsArray().Select(tag => tag!["name"]!.GetValue<string>()));

        static JsonObject Parsed(string text) => JsonNode.Parse(text)!.AsObject();
    }

    private static JsonNode Merge(params (string, JsonObject)[] documents) => JsonNode.Parse(ApiDocumentMerge.Of(documents))!;

    private static string Describing(params string[] paths) =>
        JsonSerializer.Serialize(new { openapi = "3.1.1", paths = paths.ToDictionary(path => path, _ => new { get = new { } }) });

    private static Task<ServiceUnderTest> StartServiceAsync(Func<string?> document) => ServiceUnderTest.StartAsync(
        app => app.MapGet("/openapi/v1.json", () => document() is { } text ? Results.Text(text, "application/json") : Results.NotFound()));

    private Task<GatewayHost> StartGatewayAsync(ServiceUnderTest service, params (string Key, string Value)[] settings) =>
        gateways.StartAsync(service.Address, null, [("ApiDocument:Sources:event-processor", $"{service.Address}openapi/v1.json"), .. settings]);

    private static async Task<JsonNode> ReadAsync(GatewayHost gateway) =>
        JsonNode.Parse(await gateway.Client.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), Token))!;

    /// <summary>A service whose document comes when the test wants it.</summary>
    private sealed class SlowSource : IDisposable
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile string? _hanging;
        private int _count;

        /// <summary>How often it was asked since it hangs.</summary>
        public int Asked => Volatile.Read(ref _count);

        public Task<ServiceUnderTest> StartAsync() => ServiceUnderTest.StartAsync(app => app.MapGet("/openapi/v1.json", AnswerAsync));

        public void Hang(string path) => _hanging = path;

        public Task AskedAsync() => _asked.Task.WaitAsync(s_patience, Token);

        public void Release() => _released.TrySetResult();

        public void Dispose() => Release();

        private async Task<IResult> AnswerAsync(CancellationToken cancellationToken)
        {
            var path = _hanging;
            if (path is not null)
            {
                Interlocked.Increment(ref _count);
                _asked.TrySetResult();
                await _released.Task.WaitAsync(cancellationToken);
            }

            return Results.Text(Describing(path ?? "/api/old"), "application/json");
        }
    }
}
