using RankMyBrand.EventProcessor.Administration.Commands;

namespace RankMyBrand.Tests.EventProcessor.Administration;

public sealed class AdministrationCliUsageTests
{
    [Theory]
    [InlineData("Required command was not provided", "dead-letters")]
    [InlineData("Say which dead letters are meant", "dead-letters", "discard", "ai.responses")]
    [InlineData("Say in one way", "dead-letters", "discard", "ai.responses", "--all", "--group", "a")]
    [InlineData("'x' is not the id of a dead letter", "dead-letters", "replay", "ai.responses", "x")]
    [InlineData("--limit is '101'; it must be a whole number from 1 to 100", "dead-letters", "list", "ai.responses", "--limit", "101")]
    [InlineData("--limit is 'x'; it must be a whole number from 1 to 100", "dead-letters", "list", "ai.responses", "--limit", "x")]
    [InlineData("'dead-leters'", "dead-leters", "list", "ai.responses")]
    [InlineData("'soon' is not an ISO 8601 time", "replay", "start", "ai.responses", "g", "--from", "soon")]
    [InlineData("'disk' not recognized", "replay", "start", "ai.responses", "g", "--source", "disk")]
    [InlineData("--gruop", "dead-letters", "discard", "ai.responses", "--all", "--gruop", "a")]
    public async Task Arguments_ThatAreWrong_EndWithTwo(string expected, params string[] args)
    {
        var (status, output, error) = await RunAsync(args);

        Assert.Equal((2, ""), (status, output));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Contains("--help", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_NamesWhatThereIs()
    {
        Assert.True(AdministrationCli.Handles(["--help"]));
        Assert.True(AdministrationCli.Handles(["dead-letters", "list"]));
        Assert.True(AdministrationCli.Handles(["dead-leters", "list"]));
        Assert.False(AdministrationCli.Handles([]));
        Assert.False(AdministrationCli.Handles(["urls=http://localhost:1"]));
        Assert.False(AdministrationCli.Handles(["--urls", "http://localhost:1"]));

        var (status, output, _) = await RunAsync("dead-letters", "replay", "--help");

        Assert.Equal(0, status);
        Assert.Contains("--error-type", output, StringComparison.Ordinal);
    }

    private static async Task<(int Status, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var status = await AdministrationCli.RunAsync(args, output, error);
        return (status, output.ToString(), error.ToString());
    }
}
