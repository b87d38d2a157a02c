using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class LifecycleTests
{
    [Fact]
    public async Task Executable_WithVariablesAndArguments_SeesThem()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddExecutable("worker", "/bin/sh", "/tmp", "-c", "echo \"$GREETING $1 from $(pwd)\"", "sh", "world").WithEnvironment("GREETING", "hello");
        await using var app = await builder.StartAsync();

        Assert.Equal("hello world from /tmp", await app.LineAsync("worker", "hello"));
    }

    [Fact]
    public async Task Executable_ThatEnds_IsFinishedWithItsExitCode()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("job", "exit 0");
        await using var app = await builder.StartAsync();

        var last = await app.EventAsync("job", s => s.State?.Text == KnownResourceStates.Finished);

        Assert.Equal(0, last.Snapshot.ExitCode);
        Assert.NotNull(last.Snapshot.StopTimeStamp);
    }

    [Fact]
    public async Task Executable_ThatDoesNotExist_FailsWithASentence()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddExecutable("ghost", "/no/such/program", "/tmp");
        await using var app = await builder.StartAsync();

        await app.StateAsync("ghost", KnownResourceStates.FailedToStart);

        Assert.Contains("/no/such/program", await app.LineAsync("ghost", "/no/such/program"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_OfAnApplication_ComeInOrder()
    {
        var seen = new List<string>();
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var worker = builder.AddShell("worker", "exec sleep 600").WithHttpEndpoint(name: "web");
        builder.Eventing.Subscribe<BeforeStartEvent>((_, _) => Note("start"));
        worker.OnResourceEndpointsAllocated((_, _, _) => Note("endpoints"));
        worker.OnBeforeResourceStarted((_, _, _) => Note("before"));
        worker.OnResourceReady((_, _, _) => Note("ready"));
        worker.OnResourceStopped((_, _, _) => Note("stopped"));
        var app = await builder.StartAsync();

        await app.HealthyAsync("worker");
        await app.DisposeAsync();

        Assert.Equal(["start", "endpoints", "before", "ready", "stopped"], seen);

        Task Note(string name)
        {
            seen.Add(name);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Dispose_OfARunningApplication_EndsAllProcesses()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("parent", "sleep 600 & echo pids $$ $!; wait");
        var app = await builder.StartAsync();
        var pids = (await app.LineAsync("parent", "pids")).Split(' ')[1..];

        await app.DisposeAsync();

        Assert.All(pids, pid => Assert.False(Runs(pid), $"process {pid} still runs"));
    }

    // A process that nobody has reaped yet is a zombie, and has ended.
    private static bool Runs(string pid) => File.Exists($"/proc/{pid}/stat") && File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1][0] != 'Z';
}
