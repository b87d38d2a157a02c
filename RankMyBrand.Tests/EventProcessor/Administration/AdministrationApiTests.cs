using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using RankMyBrand.EventProcessor.Administration.Commands;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Foundation.Events.Administration;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.EventProcessor.Administration;

public sealed class AdministrationApiTests(Servers servers) : IAsyncLifetime
{
    private const string Letters = $"/api/admin/streams/{AdministrationHost.Stream}/dead-letters";
    private const string Replays = $"/api/admin/streams/{AdministrationHost.Stream}/replays";
    private const string Groups = $"/api/admin/streams/{AdministrationHost.Stream}/groups";

    private AdministrationHost _host = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Client => _host.Client;

    public async ValueTask InitializeAsync() => _host = await AdministrationHost.StartAsync(servers);

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task DeadLetters_AreListedShownReplayedAndDiscarded()
    {
        var letters = await _host.PoisonAsync(5);

        var newest = await GetAsync($"{Letters}?limit=2");
        var rest = await GetAsync($"{Letters}?limit=10&cursor={newest["nextCursor"]}&group={AdministrationHost.Group}");
        Assert.Equal(letters.Reverse().Select(letter => letter.Id), newest["items"]!.AsArray().Concat(rest["items"]!.AsArray()).Select(item => (string)item!["id"]!));
        Assert.Null(rest["nextCursor"]);
        Assert.Empty((await GetAsync($"{Letters}?order=asc&eventType=other"))["items"]!.AsArray());

        var one = await GetAsync($"{Letters}/{letters[0].Id}");
        Assert.Equal((AdministrationHost.Group, "System.InvalidOperationException", 2), ((string)one["group"]!, (string)one["errorType"]!, (int)one["attempts"]!));
        Assert.Equal((letters[0].Event!.Id.ToString(), 0), ((string)one["event"]!["id"]!, (int)one["event"]!["data"]!["n"]!));
        Assert.Null(one["view"]);
        Assert.Contains(one["fields"]!.AsArray(), field => (string)field!["name"]! == "event_type" && (string)field["value"]! == "poison");

        _host.Recorder.Fails = _ => false;
        Assert.Equal("""{"replayed":1,"missing":0,"refused":0}""", await SendAsync(HttpMethod.Post, $"{Letters}/{letters[0].Id}/replay"));
        Assert.Equal("""{"replayed":1,"missing":2,"refused":0}""", await SendAsync(HttpMethod.Post, $"{Letters}/replay", $$"""{"ids":["{{letters[1].Id}}","{{letters[0].Id}}","1-1"]}"""));
        Assert.Equal("""{"discarded":1,"missing":0}""", await SendAsync(HttpMethod.Delete, $"{Letters}/{letters[2].Id}"));
        Assert.Equal("""{"replayed":2,"missing":0,"refused":0}""", await SendAsync(HttpMethod.Post, $"{Letters}/replay", """{"errorType":"System.InvalidOperationException"}"""));
        Assert.Equal("""{"discarded":0,"missing":0}""", await SendAsync(HttpMethod.Delete, $"{Letters}?all=true"));

        await _host.Recorder.WaitAsync(4);
        Assert.Equal(4, _host.Recorder.Replayed.Count);
        using var gone = await Client.GetAsync($"{Letters}/{letters[0].Id}", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task DeadLetter_WithDeepData_IsShown()
    {
        var deep = $"{new string('[', JsonText.MaxDepth)}{new string(']', JsonText.MaxDepth)}";
        await _host.PublishAsync(("poison", deep));
        await Recorder.Until(async () => await _host.Box.CountAsync(AdministrationHost.Stream, Cancellation) == 1);
        var id = (string)(await GetAsync(Letters))["items"]![0]!["id"]!;

        Assert.Contains($"\"data\":{deep},", await Client.GetStringAsync($"{Letters}/{id}", Cancellation), StringComparison.Ordinal);
        using var output = new StringWriter();
        await AdministrationCli.RunAsync(
            ["dead-letters", "show", AdministrationHost.Stream, id, "--json"], output, TextWriter.Null,
            builder => AdministrationHost.Configure(builder, _host.Redis, _host.Database));
        Assert.Contains(deep, output.ToString().ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Groups_AreListedPausedAndResumed()
    {
        await Recorder.Until(async () => (await GetAsync(Groups)).AsArray().Count == 2);

        await SendAsync(HttpMethod.Post, $"{Groups}/{AdministrationHost.Group}/pause");
        await _host.PublishAsync(("t", "1"), ("t", "2"));
        var paused = await GroupAsync();
        Assert.NotNull(paused["pausedAt"]);
        Assert.Equal(2, (int)paused["lag"]! + (int)paused["pending"]!);
        await SendAsync(HttpMethod.Post, $"{Groups}/{AdministrationHost.Group}/resume");

        await _host.Recorder.WaitAsync(2);
        await Recorder.Until(async () => await GroupAsync() is { } group && group["pausedAt"] is null && (int)group["lag"]! == 0);
        var stream = (await GetAsync("/api/admin/streams")).AsArray().Single(item => (string)item!["name"]! == AdministrationHost.Stream)!;
        Assert.Equal((2, 100_000, 1, 0), ((int)stream["length"]!, (int)stream["maxLength"]!, (int)stream["partitions"]!, (int)stream["deadLetters"]!));
    }

    [Fact]
    public async Task Replays_AreStartedFollowedCancelledAndResumed()
    {
        await _host.PublishAsync([.. Enumerable.Range(0, 1000).Select(i => ("t", $"{i}"))]);
        await _host.Recorder.WaitAsync(1000);

        using var response = await Client.PostAsJsonAsync(Replays, new { group = AdministrationHost.Group, source = "stream", from = DateTimeOffset.UtcNow.AddHours(-1) }, Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await Recorder.Until(async () => await GetAsync(response.Headers.Location!.ToString()) is { } replay && (string)replay["state"]! == "done" && (int)replay["waiting"]! == 0);
        Assert.Equal(1000, _host.Recorder.Replayed.Count);

        await SendAsync(HttpMethod.Post, $"{Groups}/{AdministrationHost.Group}/pause");
        var second = JsonNode.Parse(await SendAsync(HttpMethod.Post, Replays, $$"""{"group":"{{AdministrationHost.Group}}","source":"stream"}"""))!;
        await Recorder.Until(async () => (int)(await GetAsync($"{Replays}/{second["id"]}"))["sent"]! > 0);
        using (var busy = await Client.PostAsJsonAsync(Replays, new { group = AdministrationHost.Group }, Cancellation))
            await AdministrationFixture.AssertProblemAsync(busy, HttpStatusCode.Conflict, "CONFLICT", "is under way");
        await SendAsync(HttpMethod.Delete, $"{Replays}/{second["id"]}");
        using (var again = await Client.DeleteAsync($"{Replays}/{second["id"]}", Cancellation))
            await AdministrationFixture.AssertProblemAsync(again, HttpStatusCode.Conflict, "CONFLICT", "is cancelled, and cannot be cancelled");
        await SendAsync(HttpMethod.Post, $"{Groups}/{AdministrationHost.Group}/resume");
        await SendAsync(HttpMethod.Post, $"{Replays}/{second["id"]}/resume");

        await Recorder.Until(() => Task.FromResult(_host.Recorder.Replayed.Count >= 2000));
        Assert.Equal([(string)second["id"]!, (string)(await GetAsync(response.Headers.Location!.ToString()))["id"]!], (await GetAsync(Replays)).AsArray().Select(replay => (string)replay!["id"]!));
    }

    private async Task<JsonNode> GroupAsync() => (await GetAsync(Groups)).AsArray().Single(item => (string)item!["name"]! == AdministrationHost.Group)!;

    private async Task<JsonNode> GetAsync(string path) => (await Client.GetFromJsonAsync<JsonNode>(path, Cancellation))!;

    private async Task<string> SendAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await Client.SendAsync(request, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.IsSuccessStatusCode, $"{method} {path} answered {response.StatusCode}: {text}");
        return text;
    }
}
