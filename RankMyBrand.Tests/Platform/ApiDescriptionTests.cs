using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace RankMyBrand.Tests.Platform;

/// <summary>What programs that write clients are told of the API.</summary>
[Collection(PlatformFixture.Collection)]
public sealed class ApiDescriptionTests(PlatformFixture platform)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Document_AsksForWhatTheServicesAskFor()
    {
        using var client = await platform.CreateClientAsync();
        var document = (await client.GetFromJsonAsync<JsonObject>("/openapi/v1.json", Cancellation))!;

        var publish = document["paths"]!["/api/events/{stream}"]!["post"]!;
        Assert.Equal("PublishEvent", (string?)publish["operationId"]);
        Assert.Equal(["type", "data"], Required(document, publish["requestBody"]!["content"]!["application/json"]!["schema"]!));
        Assert.Equal(
            ["specversion", "id", "source", "type"],
            Required(document, publish["requestBody"]!["content"]!["application/cloudevents+json"]!["schema"]!));

        var letters = document["paths"]!["/api/admin/streams/{stream}/dead-letters"]!;
        Assert.Contains("limit", Query(letters["get"]!));
        Assert.Equal(["group", "errorType", "eventType", "from", "to", "all"], Query(letters["delete"]!));
        var replay = document["paths"]!["/api/admin/streams/{stream}/dead-letters/replay"]!["post"]!;
        Assert.Empty(Required(document, replay["requestBody"]!["content"]!["application/json"]!["schema"]!));
    }

    private static IEnumerable<string> Query(JsonNode operation) => operation["parameters"]!.AsArray()
        .Where(parameter => (string?)parameter!["in"] == "query")
        .Select(parameter => (string)parameter!["name"]!);

    private static IEnumerable<string> Required(JsonObject document, JsonNode schema)
    {
        var named = (string?)schema["$ref"] is { } reference ? document["components"]!["schemas"]![reference.Split('/')[^1]]! : schema;
        return named["required"]?.AsArray().Select(name => (string)name!) ?? [];
    }
}
