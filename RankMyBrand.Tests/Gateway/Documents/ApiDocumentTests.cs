using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RankMyBrand.Gateway.Documents;
using RankMyBrand.Tests.ServiceDefaults;

namespace RankMyBrand.Tests.Gateway.Documents;

/// <summary>The API document and its page, with a service behind the gateway that describes itself.</summary>
public sealed class ApiDocumentTests(Gateways gateways)
{
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

    private static JsonNode Merge(params (string, JsonObject)[] documents) => JsonNode.Parse(ApiDocumentMerge.Of(documents))!;

    private static string Describing(params string[] paths) =>
        JsonSerializer.Serialize(new { openapi = "3.1.1", paths = paths.ToDictionary(path => path, _ => new { get = new { } }) });

    private static Task<ServiceUnderTest> StartServiceAsync(Func<string?> document) => ServiceUnderTest.StartAsync(
        app => app.MapGet("/openapi/v1.json", () => document() is { } text ? Results.Text(text, "application/json") : Results.NotFound()));

    private Task<GatewayHost> StartGatewayAsync(ServiceUnderTest service, params (string Key, string Value)[] settings) =>
        gateways.StartAsync(service.Address, null, [("ApiDocument:Sources:event-processor", $"{service.Address}openapi/v1.json"), .. settings]);

    private static async Task<JsonNode> ReadAsync(GatewayHost gateway) =>
        JsonNode.Parse(await gateway.Client.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), Token))!;
}
