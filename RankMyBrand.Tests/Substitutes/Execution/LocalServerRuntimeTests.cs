using System.Collections.Concurrent;
using Aspire.Hosting;
using Aspire.Hosting.Execution;
using Npgsql;

namespace RankMyBrand.Tests.Substitutes.Execution;

public sealed class LocalServerRuntimeTests(LocalServerFixture servers) : IClassFixture<LocalServerFixture>
{
    private const string PostgresData = "/var/lib/postgresql/data";
    private const int Killed = 137;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Timescale_NewVolume_HasExtensionsAndRefusesAWrongPassword()
    {
        ContainerSpec spec = Servers.Postgres("docker.io/timescale/timescaledb:2.27.0-pg17", servers.NewVolume(PostgresData));
        await using Workload workload = await servers.StartAsync(spec);

        await using NpgsqlDataSource source = await Servers.PostgresReadyAsync(spec, servers);
        await source.ExecuteAsync("create extension vector");
        await source.ExecuteAsync("create table events(id int, at timestamptz not null)");
        await source.ExecuteAsync("select create_hypertable('events', 'at')");
        await using NpgsqlConnection wrong = new(spec.ConnectionString("another-password"));
        PostgresException refused = await Assert.ThrowsAsync<PostgresException>(() => wrong.OpenAsync(Cancellation));

        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
    }

    [Fact]
    public async Task Postgres_ServerKilled_EndsAndRestartsWithItsData()
    {
        ContainerSpec spec = Servers.Postgres("postgres:17", servers.NewVolume(PostgresData));
        await using Workload first = await servers.StartAsync(spec);
        await using (NpgsqlDataSource source = await Servers.PostgresReadyAsync(spec, servers))
        {
            await source.ExecuteAsync("create table kept as select 42 as value");
        }

        Servers.Kill(spec, "postgres");
        int code = await first.Completion.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        await using Workload second = await servers.StartAsync(spec);
        await using NpgsqlDataSource again = await Servers.PostgresReadyAsync(spec, servers);

        Assert.Equal(Killed, code);
        Assert.Equal(42, await again.CreateCommand("select value from kept").ExecuteScalarAsync(Cancellation));
    }

    [Fact]
    public async Task Postgres_KilledWhileItInitialises_InitialisesAnew()
    {
        ContainerSpec spec = Servers.Postgres("postgres:17", servers.NewVolume(PostgresData));
        await using (Workload cutShort = await servers.StartAsync(spec))
        {
            string data = Path.Combine(LocalServerDirectory.OfUser.Volumes, spec.Volumes[0].Source!);
            await Servers.UntilAsync(() => Directory.Exists(Path.Combine(data, ".new")), "The initialisation did not begin.");
        }

        await using Workload workload = await servers.StartAsync(spec);
        await using NpgsqlDataSource source = await Servers.PostgresReadyAsync(spec, servers);

        Assert.Equal(1, await source.CreateCommand("select 1").ExecuteScalarAsync(Cancellation));
    }

    [Fact]
    public async Task Postgres_InitFilesAndArguments_AreHonoured()
    {
        DirectoryInfo scripts = Directory.CreateTempSubdirectory();
        await File.WriteAllTextAsync(Path.Combine(scripts.FullName, "01.sql"), "create table made_by_script()", Cancellation);
        ContainerSpec spec = Servers.Postgres("library/postgres:17-alpine", servers.NewVolume(PostgresData));
        spec = spec with
        {
            Arguments = ["-c", "work_mem=5MB"],
            Environment = new Dictionary<string, string>(spec.Environment) { ["POSTGRES_DB"] = "brands", ["POSTGRES_USER"] = "owner" },
            Volumes = [.. spec.Volumes, new VolumeSpec(scripts.FullName, "/docker-entrypoint-initdb.d", IsBindMount: true, IsReadOnly: true)],
        };
        await using Workload workload = await servers.StartAsync(spec);

        await using NpgsqlDataSource source = await Servers.PostgresReadyAsync(spec, servers, "brands", "owner");

        Assert.Equal("5MB", await source.CreateCommand("show work_mem").ExecuteScalarAsync(Cancellation));
        Assert.Equal(0L, await source.CreateCommand("select count(*) from made_by_script").ExecuteScalarAsync(Cancellation));
    }

    [Fact]
    public async Task Postgres_VolumeInUse_EndsWithOneClearLine()
    {
        ContainerSpec spec = Servers.Postgres("postgres:17", servers.NewVolume(PostgresData));
        await using Workload first = await servers.StartAsync(spec);
        await using NpgsqlDataSource source = await Servers.PostgresReadyAsync(spec, servers);

        await RefusesAsync(
            Servers.Postgres("postgres:17", [.. spec.Volumes]), $"postgres: another PostgreSQL server uses the data at {PostgresData}; ");
    }

    [Fact]
    public async Task Redis_VolumeInUse_EndsWithOneClearLine()
    {
        ContainerSpec spec = Servers.Redis(servers.NewVolume("/data"));
        await using Workload first = await servers.StartAsync(spec);
        await Servers.RedisReadyAsync(spec, servers);

        await RefusesAsync(Servers.Redis([.. spec.Volumes]), "redis-server: another Redis server uses the data at /data; ");
    }

    [Fact]
    public async Task Chroma_VolumeInUse_EndsWithOneClearLine()
    {
        ContainerSpec spec = Servers.Container("chromadb/chroma:1.3.5", 8000) with { Volumes = [servers.NewVolume("/data")] };
        await using Workload first = await servers.StartAsync(spec);
        await Servers.HttpReadyAsync(spec, "/api/v2/heartbeat", servers);

        await RefusesAsync(
            Servers.Container("chromadb/chroma:1.3.5", 8000) with { Volumes = spec.Volumes }, "chroma: another Chroma server uses the data at /data; ");
    }

    [Fact]
    public async Task Minio_VolumeInUse_EndsWithOneClearLine()
    {
        ContainerSpec spec = Servers.Minio(servers.NewVolume("/data"));
        await using Workload first = await servers.StartAsync(spec);
        await Servers.HttpReadyAsync(spec, "/minio/health/live", servers);

        await RefusesAsync(Servers.Minio([.. spec.Volumes]), "minio: another S3 server uses the data at /data; ");
    }

    [Fact]
    public async Task Redis_StoppedAndKilled_KeepsItsData()
    {
        ContainerSpec spec = Servers.Redis(servers.NewVolume("/data"));
        await using (Workload first = await servers.StartAsync(spec))
        {
            await Servers.RedisReadyAsync(spec, servers);
            Assert.Equal("+OK", await Servers.AskRedisAsync(spec, "SET brand acme"));
            await first.StopAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(0, await first.Completion);
        }

        await using Workload second = await servers.StartAsync(spec);
        await Servers.RedisReadyAsync(spec, servers);
        Servers.Kill(spec, "redis-server");
        Assert.Equal(Killed, await second.Completion.WaitAsync(TimeSpan.FromMinutes(1), Cancellation));
        await using Workload third = await servers.StartAsync(spec);
        await Servers.RedisReadyAsync(spec, servers);

        Assert.Equal(":4", await Servers.AskRedisAsync(spec, "STRLEN brand"));
    }

    [Fact]
    public async Task Redis_WithoutVolume_RunsBesideOthers()
    {
        ContainerSpec[] specs = [Servers.Redis(), Servers.Redis(), Servers.Redis()];
        Workload[] workloads = await Task.WhenAll(specs.Select(servers.StartAsync));

        await Task.WhenAll(specs.Select(spec => Servers.RedisReadyAsync(spec, servers)));

        await Task.WhenAll(workloads.Select(workload => workload.StopAsync(TimeSpan.FromSeconds(30))));
        Assert.All(workloads, workload => Assert.Equal(0, workload.Completion.Result));
    }

    [Fact]
    public async Task Password_RunningServers_IsOnNoCommandLine()
    {
        ContainerSpec redis = Servers.Redis();
        ContainerSpec minio = Servers.Minio();
        ContainerSpec postgres = Servers.Postgres("postgres:17");
        await using Workload first = await servers.StartAsync(redis);
        await using Workload second = await servers.StartAsync(minio);
        await using Workload third = await servers.StartAsync(postgres);
        await Servers.RedisReadyAsync(redis, servers);
        await Servers.HttpReadyAsync(minio, "/minio/health/live", servers);
        await using NpgsqlDataSource source = await Servers.PostgresReadyAsync(postgres, servers);

        Assert.DoesNotContain(Servers.CommandLines().Values, line => line.Contains(Servers.Password, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Chroma_StartedAndStopped_AnswersItsHeartbeatAndEnds()
    {
        ContainerSpec spec = Servers.Container("chromadb/chroma:1.3.5", 8000) with { Volumes = [servers.NewVolume("/data")] };
        await using Workload workload = await servers.StartAsync(spec);

        await Servers.HttpReadyAsync(spec, "/api/v2/heartbeat", servers);
        await workload.StopAsync(TimeSpan.FromSeconds(30));

        Assert.NotEqual(Killed, await workload.Completion);
    }

    [Fact]
    public async Task Start_PortTaken_NamesTheHolder()
    {
        ContainerSpec spec = Servers.Redis();
        await using Workload first = await servers.StartAsync(spec);
        await Servers.RedisReadyAsync(spec, servers);

        DistributedApplicationException taken = await Assert.ThrowsAsync<DistributedApplicationException>(() => servers.StartAsync(spec));

        Assert.Contains($"port {spec.Port()}", taken.Message, StringComparison.Ordinal);
        Assert.Contains("redis-server (pid ", taken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_BindMountMissing_NamesIt()
    {
        ContainerSpec spec = Servers.Redis(new VolumeSpec("/nowhere/at-all", "/data", IsBindMount: true, IsReadOnly: false));

        DistributedApplicationException missing = await Assert.ThrowsAsync<DistributedApplicationException>(() => servers.StartAsync(spec));

        Assert.Contains("'/nowhere/at-all', which it mounts at '/data', does not exist", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prepare_UnknownImage_ListsTheKnownOnes()
    {
        DistributedApplicationException unknown = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => servers.Runtime.PrepareAsync("rabbitmq:4", _ => { }, Cancellation));

        Assert.Contains("'rabbitmq:4'", unknown.Message, StringComparison.Ordinal);
        Assert.Contains("timescale/timescaledb, ", unknown.Message, StringComparison.Ordinal);
        Assert.Contains("start docker", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DeleteVolumes_ByName_DeletesOnlyThoseAndNoneInUse()
    {
        ContainerSpec spec = Servers.Redis(servers.NewVolume("/data"));
        await using (Workload workload = await servers.StartAsync(spec))
        {
            await Servers.RedisReadyAsync(spec, servers);
            DistributedApplicationException refused = await Assert.ThrowsAsync<DistributedApplicationException>(
                () => servers.Runtime.DeleteVolumesAsync([spec.Volumes[0].Source!], _ => { }, Cancellation));
            Assert.StartsWith($"The volume '{spec.Volumes[0].Source}' is in use by redis-server (pid ", refused.Message, StringComparison.Ordinal);
        }

        string other = Directory.CreateDirectory(Path.Combine(LocalServerDirectory.OfUser.Volumes, $"other-{spec.Volumes[0].Source}")).FullName;
        List<string> deleted = [];

        await servers.Runtime.DeleteVolumesAsync([spec.Volumes[0].Source!], deleted.Add, Cancellation);

        Assert.Equal([$"deleted volume {spec.Volumes[0].Source}"], deleted);
        Assert.True(Directory.Exists(other));
        Directory.Delete(other);
    }

    private async Task RefusesAsync(ContainerSpec spec, string sentence)
    {
        ConcurrentQueue<string> output = [];
        await using Workload second = await servers.Runtime.StartAsync(spec, line => output.Enqueue(line.Text), Cancellation);
        int code = await second.Completion.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);

        Assert.Equal(1, code);
        Assert.StartsWith(sentence, Assert.Single(output), StringComparison.Ordinal);
    }
}
