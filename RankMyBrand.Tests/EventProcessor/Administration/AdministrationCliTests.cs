using System.Text.Json.Nodes;
using RankMyBrand.EventProcessor.Administration.Commands;
using RankMyBrand.Tests.Foundation.Events.Administration;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.EventProcessor.Administration;

public sealed class AdministrationCliTests(Servers servers) : IAsyncLifetime
{
    private AdministrationHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await AdministrationHost.StartAsync(servers);

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task DeadLetters_AreListedShownReplayedAndDiscarded()
    {
        var letters = await _host.PoisonAsync(3);

        var (status, table, hint) = await RunAsync("dead-letters", "list", AdministrationHost.Stream, "--oldest-first", "--limit", "2");
        Assert.Equal(0, status);
        Assert.Collection(
            table.TrimEnd().Split('\n'),
            heading => Assert.StartsWith("ID ", heading, StringComparison.Ordinal),
            row => Assert.StartsWith($"{letters[0].Id}  {AdministrationHost.Group}  poison ", row, StringComparison.Ordinal),
            row => Assert.StartsWith(letters[1].Id, row, StringComparison.Ordinal));
        Assert.Contains($"--after {letters[1].Id}", hint, StringComparison.Ordinal);
        var rest = JsonNode.Parse((await RunAsync("dead-letters", "list", AdministrationHost.Stream, "--oldest-first", "--after", letters[1].Id, "--json")).Output)!;
        Assert.Equal(letters[2].Id, (string?)Assert.Single(rest["items"]!.AsArray())!["id"]);

        var shown = await RunAsync("dead-letters", "show", AdministrationHost.Stream, letters[0].Id);
        Assert.Contains("event_type      poison\n", shown.Output, StringComparison.Ordinal);
        Assert.Equal(0, (int)JsonNode.Parse((await RunAsync("dead-letters", "show", AdministrationHost.Stream, letters[0].Id, "--json")).Output)!["event"]!["data"]!["n"]!);

        _host.Recorder.Fails = _ => false;
        Assert.Equal((0, "1 replayed, 0 missing, 0 refused because their group does not exist any more.\n"), Result(await RunAsync("dead-letters", "replay", AdministrationHost.Stream, letters[0].Id)));
        Assert.Equal((1, "0 discarded, 1 missing.\n"), Result(await RunAsync("dead-letters", "discard", AdministrationHost.Stream, letters[0].Id)));
        Assert.Equal((0, "1 discarded, 0 missing.\n"), Result(await RunAsync("dead-letters", "discard", AdministrationHost.Stream, letters[1].Id)));
        Assert.Equal((0, "1 replayed, 0 missing, 0 refused because their group does not exist any more.\n"), Result(await RunAsync("dead-letters", "replay", AdministrationHost.Stream, "--group", AdministrationHost.Group)));
        await _host.Recorder.WaitAsync(2);
    }

    [Fact]
    public async Task Replay_IsFollowedToItsEnd()
    {
        await _host.PublishAsync([.. Enumerable.Range(0, 40).Select(i => ("t", $"{i}"))]);
        await _host.Recorder.WaitAsync(40);

        var (status, output, progress) = await RunAsync("replay", "start", AdministrationHost.Stream, AdministrationHost.Group, "--source", "stream", "--json");

        Assert.Equal(0, status);
        var replay = JsonNode.Parse(output)!;
        Assert.Equal(("done", 40, 0), ((string)replay["state"]!, (int)replay["sent"]!, (int)replay["waiting"]!));
        Assert.Contains("40 of 40 sent", progress, StringComparison.Ordinal);
        Assert.Equal(40, _host.Recorder.Replayed.Count);
        Assert.Contains(" done ", (await RunAsync("replay", "list", AdministrationHost.Stream)).Output, StringComparison.Ordinal);
        var id = (string)replay["id"]!;
        Assert.Contains("state     done\n", (await RunAsync("replay", "show", AdministrationHost.Stream, id)).Output, StringComparison.Ordinal);
        Assert.Equal((1, "", $"The replay {id} is done, and cannot be resumed.\n"), await RunAsync("replay", "resume", AdministrationHost.Stream, id));
        Assert.Equal((1, "", "The stream 'ai.responses' has no replay 'x'.\n"), await RunAsync("replay", "cancel", AdministrationHost.Stream, "x"));
    }

    [Fact]
    public async Task Groups_AreListedPausedAndResumed()
    {
        await Recorder.Until(async () => (await RunAsync("groups", "pause", AdministrationHost.Stream, AdministrationHost.Group)).Status == 0);
        var group = JsonNode.Parse((await RunAsync("groups", "list", AdministrationHost.Stream, "--json")).Output)!.AsArray().Single(item => (string)item!["name"]! == AdministrationHost.Group)!;
        Assert.NotNull(group["pausedAt"]);

        Assert.Equal(0, (await RunAsync("groups", "resume", AdministrationHost.Stream, AdministrationHost.Group)).Status);

        Assert.Matches($"(?m)^{AdministrationHost.Group} .* -$", (await RunAsync("groups", "list", AdministrationHost.Stream)).Output);
        Assert.Equal((1, "", "The stream 'ai.responses' has no group 'nobody'.\n"), await RunAsync("groups", "pause", AdministrationHost.Stream, "nobody"));
    }

    [Fact]
    public async Task Texts_OfAnEvent_DoNotSteerTheTerminal()
    {
        _host.Recorder.Fails = _ => true;
        await _host.PublishAsync(("\u001b[2Jpoison", "1"));
        await Recorder.Until(async () => await _host.Box.CountAsync(AdministrationHost.Stream, TestContext.Current.CancellationToken) >= 1);

        var list = await RunAsync("dead-letters", "list", AdministrationHost.Stream);

        Assert.Contains("[2Jpoison", list.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', list.Output);
    }

    [Fact]
    public async Task Failure_EndsWithOneAndASentence()
    {
        Assert.Contains("There is no stream 'nope'", (await RunAsync("groups", "list", "nope")).Error, StringComparison.Ordinal);
        Assert.Contains("no group 'nobody'", (await RunAsync("replay", "start", AdministrationHost.Stream, "nobody")).Error, StringComparison.Ordinal);
        _host.Redis.Kill();

        var (status, output, error) = await RunAsync("groups", "list", AdministrationHost.Stream);

        Assert.Equal((1, ""), (status, output));
        Assert.StartsWith("Redis does not answer: ", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        await _host.Redis.RestartAsync(TestContext.Current.CancellationToken);
    }

    private static (int Status, string Output) Result((int Status, string Output, string Error) run) => (run.Status, run.Output);

    private async Task<(int Status, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var status = await AdministrationCli.RunAsync(args, output, error, builder => AdministrationHost.Configure(builder, _host.Redis, _host.Database));
        return (status, output.ToString(), error.ToString());
    }
}
