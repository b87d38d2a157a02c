using Aspire.Hosting;
using RankMyBrand.Tests.Docs;
using RankMyBrand.Tests.Foundation.Events.Consuming;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class ResourceLogFilesTests
{
    [Fact]
    public async Task Output_OfAResource_IsInAFileForItsOwnerThatEveryRunBeginsAnew()
    {
        using var directory = new TemporaryDirectory();
        string? file = null;
        foreach (var word in (string[])["first", "second"])
        {
            await using var process = ExampleProcess.Start(typeof(Talking), ("XDG_DATA_HOME", directory.Path), ("WORD", word));
            await Eventually.TrueAsync(() => process.Output.Contains("All resources are healthy.", StringComparison.Ordinal));

            file = Assert.Single(Directory.GetFiles(directory.Path, "worker.log", SearchOption.AllDirectories));
            await Eventually.TrueAsync(() => File.ReadAllLines(file).Order(StringComparer.Ordinal).SequenceEqual(["in trouble", $"the {word} run"]));
            Assert.Contains($"goes to {Path.GetDirectoryName(file)}/NAME.log", process.Output, StringComparison.Ordinal);
        }

        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file!));
    }

    /// <summary>An application with one resource that says something on both of its streams.</summary>
    private static class Talking
    {
        public static Task RunAsync(string[] args)
        {
            var builder = DistributedApplication.CreateBuilder(args);
            builder.AddShell("worker", "printf '\\033[31mthe\\033[0m %s run\\n' $WORD; echo in trouble >&2; exec sleep 600");
            return builder.Build().RunAsync(CancellationToken.None);
        }
    }
}
