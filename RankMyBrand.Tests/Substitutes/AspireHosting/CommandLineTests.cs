using Microsoft.Extensions.Configuration.UserSecrets;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class CommandLineTests
{
    [Fact]
    public async Task Run_WithAnUnknownContainerRuntime_EndsWithOneSentence()
    {
        var (exitCode, output) = await RunAsync("ASPIRE_CONTAINER_RUNTIME", "steam");

        Assert.Equal(1, exitCode);
        var sentence = Assert.Single(output, line => line.StartsWith("error: ", StringComparison.Ordinal));
        Assert.Contains("ASPIRE_CONTAINER_RUNTIME is 'steam'", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain(output, line => line.TrimStart().StartsWith("at ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_AskedForAManifest_EndsWithOneSentenceAndStartsNothing()
    {
        var (exitCode, output) = await RunAsync("ASPIRE_CONTAINER_RUNTIME", "none", "--publisher", "manifest", "--output-path", "manifest.json");

        Assert.Equal(1, exitCode);
        Assert.StartsWith("error: '--publisher' asks for a deployment manifest", Assert.Single(output), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ \"Parameters:apikey\": \"half")]
    [InlineData("// settings\n[ ]")]
    public async Task Run_WithUserSecretsThatAreNoSettings_NamesTheFileAndTheRemedy(string content)
    {
        var id = $"rankmybrand-test-{Guid.NewGuid():N}";
        var file = PathHelper.GetSecretsPathFromSecretsId(id);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        try
        {
            await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);

            var (exitCode, output) = await RunAsync("ASPIRE_USER_SECRETS_ID", id);

            Assert.Equal(1, exitCode);
            var sentence = Assert.Single(output, line => line.StartsWith("error: ", StringComparison.Ordinal));
            Assert.StartsWith($"error: The user secrets in '{file}' cannot be read: ", sentence, StringComparison.Ordinal);
            Assert.EndsWith("because the passwords in it are those of the data that is kept.", sentence, StringComparison.Ordinal);
            Assert.DoesNotContain(output, line => line.TrimStart().StartsWith("at ", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        }
    }

    private static async Task<(int ExitCode, string[] Output)> RunAsync(string variable, string value, params string[] arguments)
    {
        var run = await ProgramRun.OfAsync(typeof(Projects.RankMyBrand_AppHost).Assembly, [(variable, value)], arguments);
        return (run.ExitCode, [.. run.Output, .. run.Errors]);
    }
}
