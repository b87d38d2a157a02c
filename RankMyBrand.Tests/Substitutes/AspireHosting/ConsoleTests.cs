using Aspire.Hosting;
using RankMyBrand.Tests.Docs;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class ConsoleTests
{
    [Fact]
    public async Task Output_ThatNobodyTakesAnyMore_KeepsNoResourceFromBeingRestarted()
    {
        using var directory = new TemporaryDirectory();
        await using var process = ExampleProcess.Start(
            typeof(Crashing), ("XDG_DATA_HOME", directory.Path), ("BEEN", Path.Combine(directory.Path, "been")));

        Assert.Equal(0, await process.ExitCodeAsync(TestContext.Current.CancellationToken));

        Assert.True(File.Exists(Path.Combine(directory.Path, "been", "again")));
    }

    /// <summary>An application whose console takes nothing, with a resource that crashes once; it ends when that runs again.</summary>
    private static class Crashing
    {
        public static async Task RunAsync(string[] args)
        {
            var file = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            await using var full = new StreamWriter(file) { AutoFlush = true };
            Console.SetOut(full);
            var builder = DistributedApplication.CreateBuilder([.. args, .. Apps.FastRestarts]);
            builder.AddShell("worker", "mkdir $BEEN 2>/dev/null && exit 1; touch $BEEN/again; exec sleep 600");
            await using var app = builder.Build();
            using var stop = new CancellationTokenSource();
            var run = app.RunAsync(stop.Token);
            while (!File.Exists(Path.Combine(Environment.GetEnvironmentVariable("BEEN")!, "again")))
                await Task.Delay(10, CancellationToken.None);
            await stop.CancelAsync();
            await run;
        }
    }
}
