using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class RestartTests
{
    [Fact]
    public async Task Process_KilledFromOutside_IsRestartedAndHealthyAgain()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create(Apps.FastRestarts);
        builder.AddShell("worker", "echo pid $$; exec sleep 600");
        await using var app = await builder.StartAsync();
        await app.HealthyAsync("worker");
        var first = Pid(await app.EventAsync("worker", s => s.State?.Text == KnownResourceStates.Running));

        using (var process = Process.GetProcessById(first))
            process.Kill();

        var again = await app.EventAsync("worker", s => s.State?.Text == KnownResourceStates.Running && PidOf(s) != first);
        Assert.True(Directory.Exists($"/proc/{Pid(again)}"));
        await app.HealthyAsync("worker");
    }

    [Fact]
    public async Task Process_ThatAlwaysCrashes_FailsAsACrashLoopWithItsLastLines()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create([.. Apps.FastRestarts, "DcpPublisher:CrashRestart:MaxCrashes=4"]);
        builder.AddShell("worker", "echo cannot find the treasure >&2; exit 7");
        await using var app = await builder.StartAsync();

        var last = await app.EventAsync("worker", s => s.State?.Text == KnownResourceStates.FailedToStart);

        Assert.Equal(7, last.Snapshot.ExitCode);
        var sentence = await app.LineAsync("worker", "crash loop");
        Assert.Contains("'worker' is in a crash loop: it ended 4 times in a row", sentence, StringComparison.Ordinal);
        Assert.Contains("cannot find the treasure", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_ThatThrows_IsExplainedByItsExceptionAndNotByThatOfAnEarlierLife()
    {
        using var directory = new TemporaryDirectory();
        await using var builder = DistributedApplicationTestingBuilder.Create([.. Apps.FastRestarts, "DcpPublisher:CrashRestart:MaxCrashes=2"]);
        builder.AddShell(
            "worker",
            $"""
            mkdir {directory.Path}/been 2>/dev/null || exec sh -c 'echo the second life; exit 3'
            echo 'Unhandled exception. System.IO.IOException: the map is torn' >&2
            echo '   at Program.<Main>(String[] args)' >&2
            exit 134
            """);
        await using var app = await builder.StartAsync();

        var restart = await app.LineAsync("worker", "restarted in");
        var loop = await app.LineAsync("worker", "crash loop");

        Assert.Contains(" ended with exit code 134: System.IO.IOException: the map is torn; ", restart, StringComparison.Ordinal);
        Assert.Contains("; the last time it ended with exit code 3: the second life.", loop, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_WhileACrashedProcessIsBeingStartedAgain_EndsIt()
    {
        using var directory = new TemporaryDirectory();
        await using var builder = DistributedApplicationTestingBuilder.Create(Apps.FastRestarts);
        var launches = 0;
        var restarting = new TaskCompletionSource();
        builder.AddShell("worker", $"mkdir {directory.Path}/been 2>/dev/null && exit 1; exec sleep 600").WithEnvironment(async context =>
        {
            if (++launches < 2)
                return;
            restarting.SetResult();
            await Task.Delay(Timeout.Infinite, context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Delay(TimeSpan.FromMilliseconds(200), CancellationToken.None); // the stop waits by now
        });
        var app = await builder.StartAsync();
        await restarting.Task.WaitAsync(Apps.Patience, TestContext.Current.CancellationToken);

        await app.StopAsync(TestContext.Current.CancellationToken).WaitAsync(Apps.Patience, TestContext.Current.CancellationToken);

        Assert.True(app.ResourceNotifications.TryGetCurrentState(ResourceInstances.IdsOf(builder.Resources[0])[0], out var last));
        Assert.Equal(KnownResourceStates.Exited, last.Snapshot.State?.Text);
        await app.DisposeAsync();
    }

    [Fact]
    public async Task Commands_StopAndStart_AreNotTakenForCrashes()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create(Apps.FastRestarts);
        builder.AddShell("worker", "exec sleep 600");
        await using var app = await builder.StartAsync();
        await app.StateAsync("worker", KnownResourceStates.Running);
        var cancellationToken = TestContext.Current.CancellationToken;

        var stopped = await app.ResourceCommands.ExecuteCommandAsync("worker", KnownResourceCommands.StopCommand, cancellationToken);
        await app.StateAsync("worker", KnownResourceStates.Exited);
        var started = await app.ResourceCommands.ExecuteCommandAsync("worker", KnownResourceCommands.StartCommand, cancellationToken);
        await app.StateAsync("worker", KnownResourceStates.Running);
        var restarted = await app.ResourceCommands.ExecuteCommandAsync("worker", KnownResourceCommands.RestartCommand, cancellationToken);
        await app.StateAsync("worker", KnownResourceStates.Running);

        Assert.True(stopped.Success && started.Success && restarted.Success);
    }

    [Fact]
    public async Task Resource_WithExplicitStart_StartsByCommandOnly()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("worker", "exec sleep 600").WithExplicitStart();
        await using var app = await builder.StartAsync();
        await app.StateAsync("worker", KnownResourceStates.NotStarted);

        await app.ResourceCommands.ExecuteCommandAsync("worker", KnownResourceCommands.StartCommand, TestContext.Current.CancellationToken);

        await app.StateAsync("worker", KnownResourceStates.Running);
    }

    [Fact]
    public async Task Command_OfOnesOwn_IsExecuted()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("worker", "exec sleep 600").WithCommand(
            "greet", "Greet", context => Task.FromResult(CommandResults.Success($"hello {context.ResourceName.Split('-')[0]}")));
        await using var app = await builder.StartAsync();

        var result = await app.ResourceCommands.ExecuteCommandAsync("worker", "greet", TestContext.Current.CancellationToken);
        var unknown = await app.ResourceCommands.ExecuteCommandAsync("worker", "sing", TestContext.Current.CancellationToken);

        Assert.Equal("hello worker", result.Message);
        Assert.False(unknown.Success);
    }

    private static int Pid(ResourceEvent e) => PidOf(e.Snapshot);

    private static int PidOf(CustomResourceSnapshot snapshot) => Convert.ToInt32(
        snapshot.Properties.FirstOrDefault(p => p.Name == "executable.pid")?.Value, CultureInfo.InvariantCulture);
}
