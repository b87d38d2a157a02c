using System.Collections.Concurrent;
using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.Execution;

namespace RankMyBrand.Tests.Substitutes.Execution;

public sealed class ProcessSupervisorTests : IAsyncDisposable
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(1);

    private readonly ProcessSupervisor _supervisor = new();
    private readonly ConcurrentQueue<OutputLine> _output = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _supervisor.DisposeAsync();

    [Fact]
    public async Task Start_ProcessThatEnds_GivesItsLinesAndItsExitCode()
    {
        await using Workload workload = Shell("echo out; echo err >&2; printf last; exit 7");

        int code = await workload.Completion.WaitAsync(s_long, Cancellation);

        Assert.Equal(7, code);
        Assert.Equal([new OutputLine("err", IsError: true), new("last", IsError: false), new("out", IsError: false)], _output.OrderBy(line => line.Text));
    }

    [Fact]
    public async Task Start_Environment_ReachesTheProcessWithAnyName()
    {
        await using Workload workload = _supervisor.Start(
            new ProcessSpec
            {
                FileName = "env",
                WorkingDirectory = "/",
                Environment = new Dictionary<string, string> { ["Logging__LogLevel__Microsoft.AspNetCore"] = "Warning" },
                InheritsEnvironment = false,
            },
            _output.Enqueue);

        await workload.Completion.WaitAsync(s_long, Cancellation);

        Assert.Contains(_output, line => line.Text == "Logging__LogLevel__Microsoft.AspNetCore=Warning");
        Assert.DoesNotContain(_output, line => line.Text.StartsWith("HOME=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stop_ProcessThatListens_EndsByItself()
    {
        await using Workload workload = Shell("trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done");
        await ReadyAsync();

        await workload.StopAsync(s_long);

        Assert.Equal(3, await workload.Completion);
        Assert.Contains(_output, line => line.Text == "bye");
    }

    [Fact]
    public async Task Stop_DeafProcessWithDescendants_KillsAll()
    {
        // One child in the group, one that has left it.
        await using Workload workload = Shell("trap '' TERM; sleep 1001 & setsid sleep 1002 & echo $! ; echo ready; wait; while :; do sleep 1003; done");
        await ReadyAsync();
        int[] family = [.. Family(workload)];

        await workload.StopAsync(TimeSpan.FromMilliseconds(100));

        Assert.Equal(137, await workload.Completion);
        Assert.True(family.Length >= 3, "The process and two children were expected.");
        await Servers.UntilAsync(() => family.All(process => !IsRunning(process)), "A descendant survived.");
    }

    [Fact]
    public async Task Completion_ProcessEndsAndLeavesAChild_TakesTheChildAlong()
    {
        await using Workload workload = Shell("sleep 1004 & echo $!; exit 0");

        Assert.Equal(0, await workload.Completion.WaitAsync(s_long, Cancellation));

        int child = int.Parse(Assert.Single(_output).Text);
        await Servers.UntilAsync(() => !IsRunning(child), "The child survived.");
    }

    [Fact]
    public void Start_ProgramMissing_SaysSo()
    {
        DistributedApplicationException missing = Assert.Throws<DistributedApplicationException>(
            () => _supervisor.Start(new ProcessSpec { FileName = "no-such-program", WorkingDirectory = "/" }, _ => { }));

        Assert.Contains("'no-such-program' was not found in PATH", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Start_WorkingDirectoryMissing_SaysSo()
    {
        DistributedApplicationException missing = Assert.Throws<DistributedApplicationException>(
            () => _supervisor.Start(new ProcessSpec { FileName = "sh", WorkingDirectory = "/nowhere" }, _ => { }));

        Assert.Contains("its working directory '/nowhere' does not exist", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ApplicationHost_Killed_LeavesNothing()
    {
        using Process host = FakeApplicationHost.Start();
        string session = (await host.StandardOutput.ReadLineAsync(Cancellation).AsTask().WaitAsync(s_long, Cancellation))!;
        string watchdog = (await host.StandardOutput.ReadLineAsync(Cancellation))!;
        string leftover = (await host.StandardOutput.ReadLineAsync(Cancellation))!;
        await Servers.UntilAsync(() => ProcessTable.WithEnvironment(ProcessSupervisor.SessionVariable, session).Count() >= 4, "The processes did not start.");
        int[] started = [.. ProcessTable.WithEnvironment(ProcessSupervisor.SessionVariable, session), int.Parse(watchdog)];

        host.Kill();

        await Servers.UntilAsync(() => started.All(process => !IsRunning(process)), "A process outlived the application host.");
        Assert.False(Directory.Exists(leftover));
    }

    private Workload Shell(string script) =>
        _supervisor.Start(new ProcessSpec { FileName = "/bin/sh", Arguments = ["-c", script], WorkingDirectory = "/" }, _output.Enqueue);

    private Task ReadyAsync() => Servers.UntilAsync(() => _output.Any(line => line.Text == "ready"), "The process did not become ready.");

    private IEnumerable<int> Family(Workload workload) =>
        ProcessTable.WithEnvironment(ProcessSupervisor.SessionVariable, _supervisor.Session).Append(workload.ProcessId!.Value).Distinct();

    // A killed process whose parent has not asked for its exit code yet has no command line any more.
    private static bool IsRunning(int process) => ProcessTable.CommandLine(process).Length > 0;
}
