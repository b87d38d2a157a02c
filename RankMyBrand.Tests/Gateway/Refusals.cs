using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace RankMyBrand.Tests.Gateway;

/// <summary>What every refusal of the gateway has in common.</summary>
internal static class Refusals
{
    /// <summary>Checks that a response is a problem with a status and code, and returns its detail.</summary>
    public static async Task<string> AssertProblemAsync(this HttpResponseMessage response, int status, string code)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == (HttpStatusCode)status, $"{response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        var problem = JsonNode.Parse(text)!;
        Assert.Equal(code, (string?)problem["code"]);
        Assert.Equal(status, (int?)problem["status"]);
        Assert.Matches("^[0-9a-f]{32}$", (string?)problem["traceId"]);
        return (string?)problem["detail"] ?? "";
    }
}
