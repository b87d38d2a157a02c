using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace RankMyBrand.Tests.Platform;

/// <summary>Events go in through the gateway and come back out of TimescaleDB.</summary>
[Collection(PlatformFixture.Collection)]
public sealed class EventRoundTripTests(PlatformFixture platform)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Post_OneEvent_ComesBackEqual()
    {
        using var client = await platform.CreateClientAsync();
        var type = UniqueType();
        var data = JsonNode.Parse("""{"text":"Grüße \"x\" \n \ud83d\ude00","n":[1,2.50,-0.0,1e20,123456789012345678901234567890],"nested":{"empty":{},"none":null}}""");

        using var response = await client.PostAsync(
            "/api/events/ai.responses", Json($$"""{"type":"{{type}}","data":{{data!.ToJsonString()}},"correlationId":"corr-1"}"""), Cancellation);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var accepted = await response.Content.ReadFromJsonAsync<JsonObject>(Cancellation);
        var stored = Assert.Single(await client.WaitForEventsAsync(type, 1));
        Assert.Equal((string?)accepted!["id"], (string?)stored["id"]);
        Assert.Equal("ai.responses", (string?)accepted["streamId"]);
        Assert.Equal("ai.responses", (string?)stored["streamId"]);
        Assert.Equal("corr-1", (string?)stored["metadata"]!["correlationId"]);
        Assert.True(JsonNode.DeepEquals(data, stored["data"]), stored["data"]!.ToJsonString());
    }

    [Fact]
    public async Task PostBatch_RealAnswersAsNdjson_ComeBackEqualAndInOrder()
    {
        using var client = await platform.CreateClientAsync();
        var type = UniqueType();
        var answers = await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "TestData", "ai-responses.jsonl"), Cancellation);
        var body = string.Join('\n', answers.Select(answer => $$"""{"type":"{{type}}","data":{{answer}}}"""));

        using var response = await client.PostAsync("/api/events/ai.responses/batch", new StringContent(body, Encoding.UTF8, "application/x-ndjson"), Cancellation);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(answers.Length, (int)(await response.Content.ReadFromJsonAsync<JsonObject>(Cancellation))!["accepted"]!);
        var stored = await client.WaitForEventsAsync(type, answers.Length);
        Assert.All(answers.Zip(stored), pair => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(pair.First), pair.Second["data"]), pair.First));
    }

    [Fact]
    public async Task PostBatch_ArrayWithFaults_TakesTheGoodAndNamesTheBad()
    {
        using var client = await platform.CreateClientAsync();
        var type = UniqueType();

        using var response = await client.PostAsync(
            "/api/events/metrics.raw/batch", Json($$"""[{"type":"{{type}}","data":1},{"type":"{{type}}"},7,{"type":"{{type}}","data":2}]"""), Cancellation);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var answer = (await response.Content.ReadFromJsonAsync<JsonObject>(Cancellation))!;
        Assert.Equal(2, (int)answer["accepted"]!);
        var rejected = answer["rejected"]!.AsArray();
        Assert.Equal([2, 3], rejected.Select(line => (int)line!["line"]!));
        Assert.All(rejected, line => Assert.Equal("VALIDATION", (string?)line!["code"]));
        Assert.Contains("no 'data'", (string?)rejected[0]!["detail"], StringComparison.Ordinal);
        Assert.Equal(2, (await client.WaitForEventsAsync(type, 2, "metrics.raw")).Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_CloudEventTwice_IsStoredOnce(bool structured)
    {
        using var client = await platform.CreateClientAsync();
        var (type, id) = (UniqueType(), Guid.NewGuid().ToString());

        var first = await SendAsync();
        var second = await SendAsync();

        Assert.Equal(first, second);
        var stored = Assert.Single(await client.WaitForEventsAsync(type, 1));
        Assert.Equal("/prompts/7", (string?)stored["metadata"]!["source"]);
        Assert.Equal(id, (string?)stored["metadata"]!["attributes"]!["id"]);
        Assert.Equal("Hello", (string?)stored["data"]!["response"]);

        async Task<string?> SendAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/events/ai.responses");
            if (structured)
            {
                request.Content = new StringContent(
                    $$$"""{"specversion":"1.0","id":"{{{id}}}","source":"/prompts/7","type":"{{{type}}}","data":{"response":"Hello"}}""",
                    new MediaTypeHeaderValue("application/cloudevents+json"));
            }
            else
            {
                request.Content = Json("""{"response":"Hello"}""");
                request.Headers.Add("ce-specversion", "1.0");
                request.Headers.Add("ce-id", id);
                request.Headers.Add("ce-source", "/prompts/7");
                request.Headers.Add("ce-type", type);
            }

            using var response = await client.SendAsync(request, Cancellation);
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            return (string?)(await response.Content.ReadFromJsonAsync<JsonObject>(Cancellation))!["id"];
        }
    }

    [Fact]
    public async Task Post_SameIdempotencyKeyTwice_IsStoredOnce()
    {
        using var client = await platform.CreateClientAsync();
        var type = UniqueType();
        client.DefaultRequestHeaders.Add("Idempotency-Key", Guid.NewGuid().ToString());

        var ids = new List<string?>();
        for (var i = 0; i < 3; i++)
        {
            using var response = await client.PostAsync("/api/events/ai.responses", Json($$"""{"type":"{{type}}","data":{{i}}}"""), Cancellation);
            ids.Add((string?)(await response.Content.ReadFromJsonAsync<JsonObject>(Cancellation))!["id"]);
        }

        Assert.Single(ids.Distinct());
        Assert.Equal(0, (int)Assert.Single(await client.WaitForEventsAsync(type, 1))["data"]!);
    }

    [Fact]
    public async Task Get_PageByPage_ReadsEveryEventOnce()
    {
        using var client = await platform.CreateClientAsync();
        var type = UniqueType();
        var body = string.Join('\n', Enumerable.Range(0, 25).Select(i => $$"""{"type":"{{type}}","data":{{i}}}"""));
        using (await client.PostAsync("/api/events/ai.responses/batch", new StringContent(body, Encoding.UTF8, "application/x-ndjson"), Cancellation))
            await client.WaitForEventsAsync(type, 25);

        var seen = new List<int>();
        string? cursor = null;
        do
        {
            var page = await client.GetFromJsonAsync<JsonObject>(
                $"/api/events/ai.responses?type={type}&limit=10" + (cursor is null ? "" : $"&cursor={cursor}"), Cancellation);
            seen.AddRange(page!["items"]!.AsArray().Select(item => (int)item!["data"]!));
            cursor = (string?)page["nextCursor"];
        }
        while (cursor is not null);

        Assert.Equal(Enumerable.Range(0, 25).Reverse(), seen);
    }

    [Fact]
    public async Task Get_FromAndTo_BoundTheTime()
    {
        using var client = await platform.CreateClientAsync();
        var type = UniqueType();
        using (await client.PostAsync("/api/events/ai.responses", Json($$"""{"type":"{{type}}","data":1}"""), Cancellation))
        {
        }

        var createdAt = (DateTimeOffset)Assert.Single(await client.WaitForEventsAsync(type, 1))["createdAt"]!;

        Assert.Equal(1, await CountAsync($"from={createdAt:O}"));
        Assert.Equal(0, await CountAsync($"to={createdAt:O}"));
        Assert.Equal(1, await CountAsync($"from={createdAt.AddMilliseconds(-1):O}&to={createdAt.AddMilliseconds(1):O}"));

        async Task<int> CountAsync(string range)
        {
            var page = await client.GetFromJsonAsync<JsonObject>(
                $"/api/events/ai.responses?type={type}&{range.Replace("+", "%2B", StringComparison.Ordinal)}", Cancellation);
            return page!["items"]!.AsArray().Count;
        }
    }

    [Fact]
    public async Task Live_FollowsTheStreamAndResumes()
    {
        using var client = await platform.CreateClientAsync();
        var type = UniqueType();
        var firstId = await ReadOneLiveAsync(lastEventId: null, "1");

        using (await client.PostAsync("/api/events/actions.pending", Json($$"""{"type":"{{type}}","data":"2"}"""), Cancellation))
        {
        }

        // The second event came while nobody listened.
        await ReadOneLiveAsync(firstId, expected: "2");

        async Task<string> ReadOneLiveAsync(string? lastEventId, string expected)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/events/actions.pending/live?type={type}");
            if (lastEventId is not null)
                request.Headers.Add("Last-Event-ID", lastEventId);
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            timeout.CancelAfter(TimeSpan.FromSeconds(60));
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            if (lastEventId is null)
            {
                // The headers say that the listener is there.
                using var posted = await client.PostAsync("/api/events/actions.pending", Json($$"""{"type":"{{type}}","data":"{{expected}}"}"""), timeout.Token);
            }

            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(timeout.Token));
            string? data = null, id = null;
            while (data is null || id is null)
            {
                var line = await lines.ReadLineAsync(timeout.Token);
                if (line!.StartsWith("data: ", StringComparison.Ordinal))
                    data = line[6..];
                if (line.StartsWith("id: ", StringComparison.Ordinal))
                    id = line[4..];
            }

            Assert.Equal(expected, (string?)JsonNode.Parse(data)!["data"]);
            return id;
        }
    }

    private static string UniqueType() => $"test.{Guid.NewGuid():N}";

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");
}
