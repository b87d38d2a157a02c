using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.Execution;
using Npgsql;

namespace RankMyBrand.Tests.Substitutes.Execution;

public sealed class LocalServerRuntimeTests(LocalServerFixture servers) : IClassFixture<LocalServerFixture>
{
    private const string Password = "geheim-1234";
    private const int Killed = 137;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Timescale_NewVolume_HasExtensionsAndRefusesAWrongPassword()
    {
        ContainerSpec spec = Postgres("docker.io/timescale/timescaledb:2.19.3-pg17");
        await using Workload workload = await servers.StartAsync(spec);

        await using NpgsqlDataSource source = await ReadyAsync(spec);
        await ExecuteAsync(source, "create extension vector");
        await ExecuteAsync(source, "create table events(id int, at timestamptz not null)");
        await ExecuteAsync(source, "select create_hypertable('events', 'at')");
        await using NpgsqlConnection wrong = new(ConnectionString(spec, "another-password"));
        PostgresException refused = await Assert.ThrowsAsync<PostgresException>(() => wrong.OpenAsync(Cancellation));

        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
    }

    [Fact]
    public async Task Postgres_ServerKilled_EndsAndRestartsWithItsData()
    {
        ContainerSpec spec = Postgres("postgres:17");
        await using Workload first = await servers.StartAsync(spec);
        await using (NpgsqlDataSource source = await ReadyAsync(spec))
        {
            await ExecuteAsync(source, "create table kept as select 42 as value");
        }

        KillServer(spec, "postgres");
        int code = await first.Completion.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        await using Workload second = await servers.StartAsync(spec);
        await using NpgsqlDataSource again = await ReadyAsync(spec);

        Assert.Equal(Killed, code);
        Assert.Equal(42, await again.CreateCommand("select value from kept").ExecuteScalarAsync(Cancellation));
    }

    [Fact]
    public async Task Postgres_InitFilesAndArguments_AreHonoured()
    {
        DirectoryInfo scripts = Directory.CreateTempSubdirectory();
        await File.WriteAllTextAsync(Path.Combine(scripts.FullName, "01.sql"), "create table made_by_script()", Cancellation);
        ContainerSpec spec = Postgres("library/postgres:17-alpine");
        spec = spec with
        {
            Arguments = ["-c", "work_mem=5MB"],
            Environment = new Dictionary<string, string>(spec.Environment) { ["POSTGRES_DB"] = "brands", ["POSTGRES_USER"] = "owner" },
            Volumes = [.. spec.Volumes, new VolumeSpec(scripts.FullName, "/docker-entrypoint-initdb.d", IsBindMount: true, IsReadOnly: true)],
        };
        await using Workload workload = await servers.StartAsync(spec);

        await using NpgsqlDataSource source = await ReadyAsync(spec, "brands", "owner");

        Assert.Equal("5MB", await source.CreateCommand("show work_mem").ExecuteScalarAsync(Cancellation));
        Assert.Equal(0L, await source.CreateCommand("select count(*) from made_by_script").ExecuteScalarAsync(Cancellation));
    }

    [Fact]
    public async Task Postgres_VolumeInUse_EndsWithOneClearLine()
    {
        ContainerSpec spec = Postgres("postgres:17");
        await using Workload first = await servers.StartAsync(spec);
        await using NpgsqlDataSource source = await ReadyAsync(spec);

        await using Workload second = await servers.StartAsync(Postgres("postgres:17") with { Volumes = spec.Volumes });
        int code = await second.Completion.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);

        Assert.Equal(1, code);
        Assert.Contains("another PostgreSQL server uses the data", servers.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redis_StoppedAndKilled_KeepsItsData()
    {
        ContainerSpec spec = Redis(new VolumeSpec(servers.NewVolume(), "/data", IsBindMount: false, IsReadOnly: false));
        await using (Workload first = await servers.StartAsync(spec))
        {
            await RedisReadyAsync(spec);
            Assert.Equal("+OK", await LocalServerFixture.AskAsync(Port(spec), $"AUTH {Password}\r\nSET brand acme"));
            await first.StopAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(0, await first.Completion);
        }

        await using Workload second = await servers.StartAsync(spec);
        await RedisReadyAsync(spec);
        KillServer(spec, "redis-server");
        Assert.Equal(Killed, await second.Completion.WaitAsync(TimeSpan.FromMinutes(1), Cancellation));
        await using Workload third = await servers.StartAsync(spec);
        await RedisReadyAsync(spec);

        Assert.Equal(":4", await LocalServerFixture.AskAsync(Port(spec), $"AUTH {Password}\r\nSTRLEN brand"));
    }

    [Fact]
    public async Task Redis_WithoutVolume_RunsBesideOthers()
    {
        ContainerSpec[] specs = [Redis(), Redis(), Redis()];
        Workload[] workloads = await Task.WhenAll(specs.Select(servers.StartAsync));

        await Task.WhenAll(specs.Select(RedisReadyAsync));

        await Task.WhenAll(workloads.Select(workload => workload.StopAsync(TimeSpan.FromSeconds(30))));
        Assert.All(workloads, workload => Assert.Equal(0, workload.Completion.Result));
    }

    [Fact]
    public async Task Redis_Password_IsOnNoCommandLine()
    {
        ContainerSpec spec = Redis();
        await using Workload workload = await servers.StartAsync(spec);
        await RedisReadyAsync(spec);

        Assert.DoesNotContain(CommandLines().Values, line => line.Contains(Password, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Chroma_Started_AnswersItsHeartbeat()
    {
        ContainerSpec spec = Container("chromadb/chroma:1.0.20", 8000) with
        {
            Volumes = [new VolumeSpec(servers.NewVolume(), "/data", IsBindMount: false, IsReadOnly: false)],
        };
        await using Workload workload = await servers.StartAsync(spec);

        using HttpClient http = new();
        await LocalServerFixture.UntilAsync(
            async () => (await http.GetStringAsync($"http://127.0.0.1:{Port(spec)}/api/v2/heartbeat", Cancellation))
                .Contains("heartbeat", StringComparison.Ordinal),
            () => servers.Output);
    }

    [Fact]
    public async Task Start_PortTaken_NamesTheHolder()
    {
        ContainerSpec spec = Redis();
        await using Workload first = await servers.StartAsync(spec);
        await RedisReadyAsync(spec);

        DistributedApplicationException taken = await Assert.ThrowsAsync<DistributedApplicationException>(() => servers.StartAsync(spec));

        Assert.Contains($"port {Port(spec)}", taken.Message, StringComparison.Ordinal);
        Assert.Contains("redis-server (pid ", taken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_BindMountMissing_NamesIt()
    {
        ContainerSpec spec = Redis(new VolumeSpec("/nowhere/at-all", "/data", IsBindMount: true, IsReadOnly: false));

        DistributedApplicationException missing = await Assert.ThrowsAsync<DistributedApplicationException>(() => servers.StartAsync(spec));

        Assert.Contains("'/nowhere/at-all', which it mounts at '/data', does not exist", missing.Message, StringComparison.Ordinal);
    }

    private ContainerSpec Postgres(string image) => Container(image, 5432) with
    {
        Environment = new Dictionary<string, string> { ["POSTGRES_PASSWORD"] = Password },
        Volumes = [new VolumeSpec(servers.NewVolume(), "/var/lib/postgresql/data", IsBindMount: false, IsReadOnly: false)],
    };

    private static ContainerSpec Redis(params VolumeSpec[] volumes) => Container("docker.io/library/redis:8.6", 6379) with
    {
        Entrypoint = "/bin/sh",
        Arguments = ["-c", "redis-server --requirepass $REDIS_PASSWORD --appendonly yes --appendfsync always"],
        Environment = new Dictionary<string, string> { ["REDIS_PASSWORD"] = Password },
        Volumes = volumes,
    };

    private static ContainerSpec Container(string image, int targetPort) => new()
    {
        Name = $"test-{Guid.NewGuid():N}",
        Image = image,
        Ports = [new PortSpec("tcp", Ports.Reserve(), targetPort)],
    };

    private static int Port(ContainerSpec spec) => spec.Ports[0].HostPort;

    private async Task<NpgsqlDataSource> ReadyAsync(ContainerSpec spec, string database = "postgres", string user = "postgres")
    {
        NpgsqlDataSource source = NpgsqlDataSource.Create(ConnectionString(spec, Password, database, user));
        await LocalServerFixture.UntilAsync(
            async () =>
            {
                await using NpgsqlConnection connection = await source.OpenConnectionAsync(Cancellation);
                return true;
            },
            () => servers.Output);
        return source;
    }

    private Task RedisReadyAsync(ContainerSpec spec) => LocalServerFixture.UntilAsync(
        async () => await LocalServerFixture.AskAsync(Port(spec), $"AUTH {Password}") == "+OK", () => servers.Output);

    private static string ConnectionString(ContainerSpec spec, string password, string database = "postgres", string user = "postgres") =>
        $"Host=127.0.0.1;Port={Port(spec)};Username={user};Password={password};Database={database};Pooling=false";

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql) =>
        await source.CreateCommand(sql).ExecuteNonQueryAsync(Cancellation);

    private static void KillServer(ContainerSpec spec, string program)
    {
        int server = CommandLines().Single(process =>
            process.Value.StartsWith(program, StringComparison.Ordinal) || process.Value.StartsWith($"/usr/bin/{program}", StringComparison.Ordinal)
                ? process.Value.Contains($"{Port(spec)}", StringComparison.Ordinal)
                : false).Key;
        using Process process = Process.GetProcessById(server);
        process.Kill();
    }

    private static Dictionary<int, string> CommandLines() =>
        ProcessTable.All().ToDictionary(process => process, ProcessTable.CommandLine);
}
