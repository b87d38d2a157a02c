using System.Runtime.InteropServices;
using Aspire.Hosting;
using Aspire.Hosting.Execution;
using RankMyBrand.Tests.Docs;
using RankMyBrand.Tests.Substitutes.AspireHosting;

namespace RankMyBrand.Tests.Substitutes.Execution;

public sealed class UmaskTests(LocalServerFixture servers) : IClassFixture<LocalServerFixture>
{
    [Fact]
    public async Task Servers_OfAUserWhoKeepsNewFilesFromOthers_Start()
    {
        Assert.Equal("local", servers.Runtime.Name);
        using var data = new TemporaryDirectory();
        var directory = new LocalServerDirectory(Path.Combine(data.Path, "aspire-local"));
        Directory.CreateDirectory(directory.Path);
        File.CreateSymbolicLink(directory.Root, LocalServerDirectory.OfUser.Root);
        await File.WriteAllTextAsync(directory.CompleteMarker, LocalServerDirectory.ProvisioningVersion, TestContext.Current.CancellationToken);

        await using var process = ExampleProcess.Start(
            typeof(Strict), ("XDG_DATA_HOME", data.Path), ("ASPIRE_CONTAINER_RUNTIME", "none"), ("ASPIRE_USER_SECRETS_ID", ""));

        await process.ExitCodeAsync(TestContext.Current.CancellationToken);

        Assert.DoesNotContain("error:", process.Output, StringComparison.Ordinal);
        Assert.Contains("store is healthy", process.Output, StringComparison.Ordinal);
    }

    /// <summary>A server that gives up root's privileges and has its data deep in a volume, under the umask of a hardened machine.</summary>
    private static class Strict
    {
        public static async Task RunAsync(string[] args)
        {
            _ = umask(0b000_111_111);
            var builder = DistributedApplication.CreateBuilder([.. args, .. Apps.FastRestarts, "DcpPublisher:CrashRestart:MaxCrashes=2"]);
            builder.AddPostgres("store").WithDataVolume("store");
            await using var app = builder.Build();
            using var stop = new CancellationTokenSource();
            var run = app.RunAsync(stop.Token);
            var healthy = app.ResourceNotifications.WaitForResourceHealthyAsync("store", CancellationToken.None);
            if (await Task.WhenAny(run, healthy) == healthy && healthy.IsCompletedSuccessfully)
                Console.WriteLine("store is healthy");
            await stop.CancelAsync();
            await run;
        }

        [DllImport("libc")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static extern int umask(int mask);
    }
}
