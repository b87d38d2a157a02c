using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class WaitTests
{
    [Fact]
    public async Task WaitFor_AnUnhealthyResource_BlocksUntilItIsHealthyAndReady()
    {
        var status = HealthStatus.Unhealthy;
        var readyBeforeStart = false;
        var ready = false;
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.Services.AddHealthChecks().AddCheck("server_check", () => new HealthCheckResult(status));
        var server = builder.AddShell("server", "exec sleep 600").WithHealthCheck("server_check").OnResourceReady(async (_, _, token) =>
        {
            await Task.Yield();
            token.ThrowIfCancellationRequested();
            ready = true;
        });
        builder.AddShell("client", "exec sleep 600").WaitFor(server).WithEnvironment(_ => readyBeforeStart = ready);
        await using var app = await builder.BuildAsync(TestContext.Current.CancellationToken);
        var start = app.StartAsync(TestContext.Current.CancellationToken);

        await app.StateAsync("client", KnownResourceStates.Waiting);
        await app.StateAsync("server", KnownResourceStates.Running);
        Assert.False(start.IsCompleted);
        status = HealthStatus.Healthy;
        await start.WaitAsync(Apps.Patience, TestContext.Current.CancellationToken);

        await app.StateAsync("client", KnownResourceStates.Running);
        Assert.True(readyBeforeStart);
    }

    [Fact]
    public async Task HealthCheck_ThatCannotBeMade_SaysWhy()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.Services.AddHealthChecks().AddCheck<NeedyCheck>("needy");
        builder.AddShell("worker", "exec sleep 600").WithHealthCheck("needy");
        await using var app = await builder.StartAsync();

        var unhealthy = await app.EventAsync("worker", s => s.HealthReports.Any(r => r.Status == HealthStatus.Unhealthy));

        Assert.Contains("Unable to resolve service", Assert.Single(unhealthy.Snapshot.HealthReports).Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WaitForCompletion_OfAJob_StartsAfterwards()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var job = builder.AddShell("job", "exit 3");
        builder.AddShell("client", "exec sleep 600").WaitForCompletion(job, exitCode: 3);
        await using var app = await builder.StartAsync();

        await app.StateAsync("client", KnownResourceStates.Running);

        Assert.Equal(3, (await app.EventAsync("job", s => s.ExitCode is not null)).Snapshot.ExitCode);
    }

    [Fact]
    public async Task WaitForCompletion_WithAnotherExitCode_FailsTheDependent()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var job = builder.AddShell("job", "exit 3");
        builder.AddShell("client", "exec sleep 600").WaitForCompletion(job);
        await using var app = await builder.StartAsync();

        await app.StateAsync("client", KnownResourceStates.FailedToStart);

        Assert.Contains("exit code 3, expected 0", await app.LineAsync("client", "expected"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WaitFor_AResourceThatCannotStart_FailsTheDependentInATest()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var ghost = builder.AddExecutable("ghost", "/no/such/program", "/tmp");
        builder.AddShell("client", "exec sleep 600").WaitFor(ghost);
        await using var app = await builder.StartAsync();

        await app.StateAsync("client", KnownResourceStates.FailedToStart);

        await Assert.ThrowsAsync<DistributedApplicationException>(
            () => app.ResourceNotifications.WaitForResourceHealthyAsync("ghost", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task StartCommand_OnAWaitingResource_SkipsTheWait()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var never = builder.AddShell("never", "exec sleep 600").WithExplicitStart();
        builder.AddShell("client", "exec sleep 600").WaitFor(never);
        await using var app = await builder.BuildAsync(TestContext.Current.CancellationToken);
        var start = app.StartAsync(TestContext.Current.CancellationToken);
        await app.StateAsync("client", KnownResourceStates.Waiting);

        await app.ResourceCommands.ExecuteCommandAsync("client", KnownResourceCommands.StartCommand, TestContext.Current.CancellationToken);

        await app.StateAsync("client", KnownResourceStates.Running);
        await start.WaitAsync(Apps.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void WaitFor_Itself_IsRejected()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        var worker = builder.AddShell("worker", "true");

        var error = Assert.Throws<DistributedApplicationException>(() => worker.WaitFor(worker));

        Assert.Contains("'worker' resource cannot wait for itself", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waits_InACircle_EndTheStartWithASentence()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var first = builder.AddShell("first", "true");
        var second = builder.AddShell("second", "true").WaitFor(first);
        first.WaitFor(second);
        await using var app = await builder.BuildAsync(TestContext.Current.CancellationToken);

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => app.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains("'first' -> 'second' -> 'first'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_OfTheApplication_StopsDependentsFirst()
    {
        using var directory = new TemporaryDirectory();
        var log = Path.Combine(directory.Path, "log");
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var database = builder.AddShell("database", Script("database"));
        var service = builder.AddShell("service", Script("service")).WaitFor(database);
        builder.AddShell("gateway", Script("gateway")).WaitFor(service);
        await using var app = await builder.StartAsync();
        foreach (var name in (string[])["database", "service", "gateway"])
            await app.LineAsync(name, "up");

        await app.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["gateway", "service", "database"], await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken));

        string Script(string name) => $"trap 'echo {name} >> {log}; exit 0' TERM; echo up; while :; do sleep 0.05; done";
    }

    /// <summary>A check that wants what nobody has registered.</summary>
    private sealed class NeedyCheck(Uri address) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(HealthCheckResult.Healthy($"{address}"));
    }
}
