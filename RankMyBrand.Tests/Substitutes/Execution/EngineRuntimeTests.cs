using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.Execution;
using Npgsql;

namespace RankMyBrand.Tests.Substitutes.Execution;

/// <summary>Containers of a real engine, with the images of scripts/container-images.</summary>
[Trait("Category", "engine")]
public sealed class EngineRuntimeTests(EngineFixture servers) : IClassFixture<EngineFixture>
{
    private const string Timescale = "timescale/timescaledb:2.27.0-pg17";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Timescale_StoppedAndStartedAgain_KeepsItsData()
    {
        ContainerSpec spec = Servers.Postgres(Timescale, servers.NewVolume("/var/lib/postgresql/data"));
        await using (Workload first = await servers.StartAsync(spec))
        {
            await using NpgsqlDataSource source = await Servers.PostgresReadyAsync(spec, servers);
            await source.ExecuteAsync("create table events as select now() as at, 1 as value");
            await source.ExecuteAsync("select create_hypertable('events', 'at', migrate_data => true)");
            await first.StopAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(0, await first.Completion);
        }

        await using Workload second = await servers.StartAsync(spec);
        await using NpgsqlDataSource again = await Servers.PostgresReadyAsync(spec, servers);

        Assert.Equal(1L, await again.CreateCommand("select count(*) from events").ExecuteScalarAsync(Cancellation));
    }

    [Fact]
    public async Task Redis_InANetwork_AnswersAndItsPasswordIsOnNoCommandLineOfOurs()
    {
        ContainerSpec spec = Servers.Redis() with { Network = $"test-{servers.Supervisor.Session}", NetworkAliases = ["redis"] };
        await using Workload workload = await servers.StartAsync(spec);
        await Servers.RedisReadyAsync(spec, servers);

        Assert.DoesNotContain(
            Servers.CommandLines().Values,
            line => line.StartsWith(servers.Engine.Engine, StringComparison.Ordinal) && line.Contains(Servers.Password, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ChromaAndMinio_Started_Answer()
    {
        ContainerSpec chroma = Servers.Container("chromadb/chroma:1.3.5", 8000);
        ContainerSpec minio = Servers.Minio();
        await using Workload first = await servers.StartAsync(chroma);
        await using Workload second = await servers.StartAsync(minio);

        await Servers.HttpReadyAsync(chroma, "/api/v2/heartbeat", servers);
        await Servers.HttpReadyAsync(minio, "/minio/health/live", servers);
    }

    [Fact]
    public async Task Redis_ContainerKilled_EndsWithTheSignalsCode()
    {
        ContainerSpec spec = Servers.Redis();
        await using Workload workload = await servers.StartAsync(spec);
        await Servers.RedisReadyAsync(spec, servers);

        await servers.Engine.RunAsync(["kill", spec.Name], Cancellation);

        Assert.Equal(137, await workload.Completion.WaitAsync(TimeSpan.FromMinutes(1), Cancellation));
    }

    [Fact]
    public async Task PersistentContainer_SecondRun_TakesItOver()
    {
        ContainerSpec spec = Servers.Redis() with { IsPersistent = true };
        string id;
        await using (await servers.StartAsync(spec))
        {
            await Servers.RedisReadyAsync(spec, servers);
            id = (await servers.Engine.RunAsync(["inspect", "--format", "{{.Id}}", spec.Name], Cancellation)).Output;
        }

        await using Workload second = await servers.StartAsync(spec);
        EngineResult again = await servers.Engine.RunAsync(["inspect", "--format", "{{.Id}} {{.State.Running}}", spec.Name], Cancellation);
        await second.StopAsync(TimeSpan.FromSeconds(10));
        await servers.Engine.RunAsync(["rm", "--force", "--volumes", spec.Name], Cancellation);

        Assert.Equal($"{id} true", again.Output);
        Assert.True(second.Completion.IsCompleted);
    }

    [Fact]
    public async Task Supervisor_Disposed_RemovesContainersAndNetworks()
    {
        ProcessSupervisor supervisor = new();
        CommandLineContainerRuntime runtime = new(servers.Runtime.Name, supervisor);
        ContainerSpec spec = Servers.Redis() with { Network = $"test-{supervisor.Session}" };
        await runtime.StartAsync(spec, _ => { }, Cancellation);
        await Servers.RedisReadyAsync(spec, servers);

        await supervisor.DisposeAsync();

        Assert.Equal(0, await CountAsync(supervisor.Session, "ps", "--all"));
        Assert.Equal(0, await CountAsync(supervisor.Session, "network", "ls"));
    }

    [Fact]
    public async Task ApplicationHost_Killed_LeavesNoContainerAndNoNetwork()
    {
        _ = servers.Runtime;
        using Process host = FakeApplicationHost.Start(withContainer: true);
        string session = (await host.StandardOutput.ReadLineAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromMinutes(1), Cancellation))!;
        await Servers.UntilAsync(async () => await CountAsync(session, "ps") == 1, () => "The container did not start.");

        host.Kill();

        await Servers.UntilAsync(
            async () => await CountAsync(session, "ps", "--all") + await CountAsync(session, "network", "ls") == 0,
            () => "The container or its network outlived the application host.");
    }

    [Fact]
    public async Task Prepare_ImageThatCannotBePulled_NamesImageAndRemedy()
    {
        // Nothing listens there.
        string image = $"127.0.0.1:{Ports.Reserve()}/nothing:1";

        DistributedApplicationException failed = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => servers.Runtime.PrepareAsync(image, _ => { }, Cancellation));

        Assert.Contains($"cannot pull the image '{image}'", failed.Message, StringComparison.Ordinal);
        Assert.Contains("ASPIRE_CONTAINER_RUNTIME=none", failed.Message, StringComparison.Ordinal);
    }

    private async Task<int> CountAsync(string session, params string[] list)
    {
        EngineResult found = await servers.Engine.RunAsync([.. list, "--quiet", "--filter", $"label=aspire.session={session}"], Cancellation);
        return found.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
    }
}
