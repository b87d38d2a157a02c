using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace RankMyBrand.Tests.Platform;

/// <summary>Responses go in through the gateway; metrics and actions come out.</summary>
[Collection(PlatformFixture.Collection)]
public sealed class BrandVisibilityTests(PlatformFixture platform)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Responses_OfOneBrand_ShowInItsMetricsOnceAndAskForActionsForOthers()
    {
        using var client = await platform.CreateClientAsync();
        // Perplexity AI is mentioned by no other test; 25 responses are more than the rule asks for.
        var lines = Enumerable.Range(0, 25).Select(i => new JsonObject
        {
            ["specversion"] = "1.0",
            ["id"] = $"brand-{i}",
            ["source"] = "/tests/brand-visibility",
            ["type"] = "response.received",
            ["data"] = new JsonObject { ["response"] = $"Answer {i}: Perplexity AI, again PERPLEXITY AI, perplexity.ai and Anthropic." },
        }.ToJsonString());

        // Each batch twice: a CloudEvent's id makes it one event.
        await PostAsync(client, lines);
        await PostAsync(client, lines);

        var day = await WaitForMentionsAsync(client, "perplexity%20ai", 75);
        Assert.Equal("Perplexity AI", (string?)day["brand"]);
        var bucket = day["items"]!.AsArray()[^1]!;
        Assert.Equal(25, (int)bucket["mentioningResponses"]!);
        Assert.Equal(2, (int)bucket["averageFirstWord"]!);
        Assert.InRange((double)bucket["shareOfVoice"]!, 0.001, 0.75);
        var pending = await client.WaitForEventsAsync("brand.action.pending", 1, "actions.pending");
        Assert.All(pending, action => Assert.Contains((string?)action["data"]!["priority"], new[] { "high", "normal" }));
    }

    [Theory]
    [InlineData("/api/metrics/brands/nobody", HttpStatusCode.NotFound, "NOT_FOUND", "There is no brand 'nobody'. Tracked brands: OpenAI, ")]
    [InlineData("/api/metrics/brands/C%2B%2B?bucket=1y", HttpStatusCode.BadRequest, "VALIDATION", "The query parameter 'bucket' is '1y'; it must be one of 1m, 5m, 15m, 1h, 1d.")]
    [InlineData("/api/metrics/brands/google?from=x", HttpStatusCode.BadRequest, "VALIDATION", "The query parameter 'from' is 'x'")]
    public async Task Get_BadRequest_IsAProblemThatSaysWhy(string path, HttpStatusCode status, string code, string detail)
    {
        using var client = await platform.CreateClientAsync();

        using var response = await client.GetAsync(path, Cancellation);

        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = (await response.Content.ReadFromJsonAsync<JsonObject>(Cancellation))!;
        Assert.Equal(code, (string?)problem["code"]);
        Assert.StartsWith(detail, (string?)problem["detail"], StringComparison.Ordinal);
    }

    private static async Task PostAsync(HttpClient client, IEnumerable<string> lines)
    {
        using var content = new StringContent($"[{string.Join(',', lines)}]", Encoding.UTF8, "application/cloudevents-batch+json");
        using var response = await client.PostAsync("/api/events/ai.responses/batch", content, Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    /// <summary>Waits until a brand has so many mentions in all, and returns its metrics by the day.</summary>
    private static async Task<JsonObject> WaitForMentionsAsync(HttpClient client, string brand, int mentions)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        timeout.CancelAfter(s_patience);
        while (true)
        {
            var metrics = (await client.GetFromJsonAsync<JsonObject>($"/api/metrics/brands/{brand}?bucket=1d", timeout.Token))!;
            if (metrics["items"]!.AsArray().Sum(item => (int)item!["mentions"]!) >= mentions)
                return metrics;
            await Task.Delay(50, timeout.Token);
        }
    }
}
