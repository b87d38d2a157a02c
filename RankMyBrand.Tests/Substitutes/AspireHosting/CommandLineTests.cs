using System.Diagnostics;

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

    private static async Task<(int ExitCode, string[] Output)> RunAsync(string variable, string value)
    {
        var assembly = typeof(Projects.RankMyBrand_AppHost).Assembly.Location;
        var start = new ProcessStartInfo("dotnet", ["exec", assembly])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [variable] = value },
        };
        using var process = Process.Start(start)!;
        var cancellationToken = TestContext.Current.CancellationToken;
        var output = await Task.WhenAll(
            process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken))
            .WaitAsync(Apps.Patience, cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, string.Concat(output).Split(Environment.NewLine));
    }
}
