using Aspire.Hosting.Execution;
using RankMyBrand.Tests.Substitutes.AspireHosting;

namespace RankMyBrand.Tests.Substitutes.Execution;

public sealed class LocalServerInstancesTests
{
    [Fact]
    public async Task Directory_WhileServersOfAKilledRunStillWrite_IsMade()
    {
        using TemporaryDirectory home = new();
        LocalServerDirectory directory = new(home.Path);
        string leftover = Directory.CreateDirectory(Path.Combine(directory.Instances, "999999999-1-killed")).FullName;
        await using ProcessSupervisor supervisor = new();
        TaskCompletionSource writes = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Workload server = supervisor.Start(
            new ProcessSpec
            {
                FileName = "/bin/sh",
                Arguments = ["-c", "echo writing; n=0; while [ -d . ]; do n=$((n + 1)); mkdir data; : >data/$n; done 2>/dev/null"],
                WorkingDirectory = leftover,
            },
            _ => writes.TrySetResult());
        await writes.Task.WaitAsync(Apps.Patience, TestContext.Current.CancellationToken);
        await Servers.UntilAsync(() => Directory.Exists(Path.Combine(leftover, "data")), "Nothing was written.");

        Assert.True(Directory.Exists(new LocalServerInstances(directory, supervisor).DirectoryFor("redis", "/data")));
    }
}
