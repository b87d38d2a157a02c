using System.Net;
using System.Text;

namespace RankMyBrand.Tests.EventProcessor.Administration;

public sealed class AdministrationErrorsTests(AdministrationFixture fixture) : IClassFixture<AdministrationFixture>
{
    private const string Letters = $"/api/admin/streams/{AdministrationHost.Stream}/dead-letters";
    private const string Replays = $"/api/admin/streams/{AdministrationHost.Stream}/replays";
    private const string Groups = $"/api/admin/streams/{AdministrationHost.Stream}/groups";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "/api/admin/streams/nope/groups", null, 404, "NOT_FOUND", "There is no stream 'nope'. Known streams: actions.pending")]
    [InlineData("GET", "/api/admin/streams/nope/dead-letters", null, 404, "NOT_FOUND", "There is no stream 'nope'")]
    [InlineData("POST", "/api/admin/streams/nope/replays", """{"group":"g"}""", 404, "NOT_FOUND", "There is no stream 'nope'")]
    [InlineData("POST", $"{Groups}/nobody/pause", null, 404, "NOT_FOUND", "has no group 'nobody'")]
    [InlineData("POST", $"{Groups}/nobody/resume", null, 404, "NOT_FOUND", "has no group 'nobody'")]
    [InlineData("GET", $"{Letters}?limit=0", null, 400, "VALIDATION", "'limit' is '0'; it must be a whole number from 1 to 100.")]
    [InlineData("GET", $"{Letters}?cursor=x", null, 400, "VALIDATION", "'cursor' is 'x'; it must be the nextCursor")]
    [InlineData("GET", $"{Letters}?cursor=18446744073709551615-18446744073709551615", null, 400, "VALIDATION", "it must be the nextCursor")]
    [InlineData("GET", $"{Letters}?cursor=0-0", null, 400, "VALIDATION", "'cursor' is '0-0'; it must be the nextCursor")]
    [InlineData("GET", $"{Letters}?order=up", null, 400, "VALIDATION", "'order' is 'up'; it must be desc or asc.")]
    [InlineData("GET", $"{Letters}?from=yesterday", null, 400, "VALIDATION", "'from' is 'yesterday'; it must be an ISO 8601 time")]
    [InlineData("GET", $"{Letters}?gruop=a", null, 400, "VALIDATION", "There is no query parameter 'gruop' here; there are group, errorType")]
    [InlineData("GET", $"{Letters}?group=a&group=b", null, 400, "VALIDATION", "'group' is there 2 times")]
    [InlineData("GET", $"{Letters}/x", null, 404, "NOT_FOUND", "has no dead letter 'x'")]
    [InlineData("GET", $"{Letters}/1-1", null, 404, "NOT_FOUND", "has no dead letter '1-1'")]
    [InlineData("POST", $"{Letters}/1-1/replay", null, 404, "NOT_FOUND", "has no dead letter '1-1'")]
    [InlineData("POST", $"{Letters}/replay", "{}", 400, "VALIDATION", "Say which ones: 'ids', or at least one of")]
    [InlineData("POST", $"{Letters}/replay", """{"all":true,"group":"a"}""", 400, "VALIDATION", "says in several ways")]
    [InlineData("POST", $"{Letters}/replay", """{"ids":["1-1","x"]}""", 400, "VALIDATION", "'x' is not the id of a dead letter")]
    [InlineData("POST", $"{Letters}/replay", """{"ids":[null]}""", 400, "VALIDATION", "One of the ids is null.")]
    [InlineData("POST", $"{Letters}/replay", """{"gruop":"a","all":true}""", 400, "VALIDATION", "not the JSON that is expected: see '$.gruop'")]
    [InlineData("POST", $"{Letters}/replay", "{", 400, "VALIDATION", "not the JSON that is expected")]
    [InlineData("DELETE", Letters, null, 400, "VALIDATION", "Say which dead letters to discard")]
    [InlineData("DELETE", $"{Letters}?all=true&group=a", null, 400, "VALIDATION", "but not both")]
    [InlineData("DELETE", $"{Letters}?all=yes", null, 400, "VALIDATION", "'all' is 'yes'; it must be true or false.")]
    [InlineData("DELETE", $"{Letters}?gruop=a&all=true", null, 400, "VALIDATION", "There is no query parameter 'gruop'")]
    [InlineData("DELETE", $"{Letters}?group=&errorType=Malformed", null, 400, "VALIDATION", "'group' is empty; leave it out")]
    [InlineData("DELETE", $"{Letters}/1-1", null, 404, "NOT_FOUND", "has no dead letter '1-1'")]
    [InlineData("POST", Replays, "{}", 400, "VALIDATION", "has no 'group'")]
    [InlineData("POST", Replays, """{"group":"nobody"}""", 409, "CONFLICT", "has no group 'nobody'")]
    [InlineData("POST", Replays, """{"group":"g","source":"disk"}""", 400, "VALIDATION", "'source' is 'disk'; it must be store or stream.")]
    [InlineData("POST", Replays, """{"group":"g","eventsPerSecond":0}""", 400, "VALIDATION", "'eventsPerSecond' is 0")]
    [InlineData("POST", Replays, """{"group":"g","from":"2026-02-01T00:00:00Z","to":"2026-01-01T00:00:00Z"}""", 400, "VALIDATION", "'from' is not before its 'to'")]
    [InlineData("GET", $"{Replays}/x", null, 404, "NOT_FOUND", "has no replay 'x'")]
    [InlineData("DELETE", $"{Replays}/x", null, 404, "NOT_FOUND", "has no replay 'x'")]
    [InlineData("POST", $"{Replays}/x/resume", null, 404, "NOT_FOUND", "has no replay 'x'")]
    public async Task Request_ThatIsWrong_SaysInASentenceWhy(string method, string path, string? body, int status, string code, string detail)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");

        using var response = await fixture.Client.SendAsync(request, Cancellation);

        await AdministrationFixture.AssertProblemAsync(response, (HttpStatusCode)status, code, detail);
    }

    [Theory]
    [InlineData("to=0001-01-01T00:00:00Z")]
    [InlineData("from=0001-01-01T00:00:00Z&to=1970-01-01T00:00:00Z")]
    public async Task List_UpToATimeBeforeAllEntries_IsEmpty(string range)
    {
        using var response = await fixture.Client.GetAsync($"{Letters}?{range}", Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith("{\"items\":[]", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("acme", HttpStatusCode.Forbidden)]
    [InlineData("default", HttpStatusCode.OK)]
    public async Task Caller_OfATenant_IsNoOperator(string tenant, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/admin/streams");
        request.Headers.Add("X-Tenant-ID", tenant);

        using var response = await fixture.Client.SendAsync(request, Cancellation);

        Assert.Equal(expected, response.StatusCode);
        if (expected is HttpStatusCode.Forbidden)
            await AdministrationFixture.AssertProblemAsync(response, expected, "FORBIDDEN", "tenant 'acme'");
    }
}
