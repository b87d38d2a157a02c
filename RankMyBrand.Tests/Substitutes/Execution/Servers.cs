using System.Data.Common;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.Execution;
using Npgsql;

namespace RankMyBrand.Tests.Substitutes.Execution;

/// <summary>Specifications of the servers as the app model writes them, and how to talk to them.</summary>
internal static class Servers
{
    public const string Password = "geheim-1234";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static ContainerSpec Postgres(string image, params VolumeSpec[] volumes) => Container(image, 5432) with
    {
        Environment = new Dictionary<string, string>
        {
            ["POSTGRES_HOST_AUTH_METHOD"] = "scram-sha-256",
            ["POSTGRES_INITDB_ARGS"] = "--auth-host=scram-sha-256 --auth-local=scram-sha-256",
            ["POSTGRES_USER"] = "postgres",
            ["POSTGRES_PASSWORD"] = Password,
        },
        Volumes = volumes,
    };

    public static ContainerSpec Redis(params VolumeSpec[] volumes) => Container("redis:8.6", 6379) with
    {
        Entrypoint = "/bin/sh",
        Arguments = ["-c", "redis-server --requirepass $REDIS_PASSWORD --appendonly yes --appendfsync always"],
        Environment = new Dictionary<string, string> { ["REDIS_PASSWORD"] = Password },
        Volumes = volumes,
    };

    public static ContainerSpec Minio(params VolumeSpec[] volumes) => Container("minio/minio:RELEASE.2025-09-07T16-13-09Z", 9000) with
    {
        Arguments = ["server", "/data", "--console-address", ":9001"],
        Environment = new Dictionary<string, string> { ["MINIO_ROOT_USER"] = "minio", ["MINIO_ROOT_PASSWORD"] = Password },
        Volumes = volumes,
    };

    public static ContainerSpec Container(string image, int targetPort) => new()
    {
        Name = $"test-{Guid.NewGuid():N}",
        Image = image,
        Ports = [new PortSpec("tcp", Ports.Reserve(), targetPort)],
    };

    public static int Port(this ContainerSpec spec) => spec.Ports[0].HostPort;

    public static string ConnectionString(this ContainerSpec spec, string password = Password, string database = "postgres", string user = "postgres") =>
        $"Host=127.0.0.1;Port={spec.Port()};Username={user};Password={password};Database={database};Pooling=false";

    public static async Task<NpgsqlDataSource> PostgresReadyAsync(ContainerSpec spec, ContainerFixture servers, string database = "postgres", string user = "postgres")
    {
        NpgsqlDataSource source = NpgsqlDataSource.Create(spec.ConnectionString(Password, database, user));
        await UntilAsync(
            async () =>
            {
                await using NpgsqlConnection connection = await source.OpenConnectionAsync(Cancellation);
                return true;
            },
            () => servers.Output);
        return source;
    }

    public static async Task ExecuteAsync(this NpgsqlDataSource source, string sql) => await source.CreateCommand(sql).ExecuteNonQueryAsync(Cancellation);

    public static Task RedisReadyAsync(ContainerSpec spec, ContainerFixture servers) =>
        UntilAsync(async () => await AskRedisAsync(spec, "PING") == "+PONG", () => servers.Output);

    /// <summary>Authenticates, sends an inline command, and returns the first line of its answer.</summary>
    public static async Task<string?> AskRedisAsync(ContainerSpec spec, string command)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, spec.Port(), Cancellation);
        await using NetworkStream stream = client.GetStream();
        await using StreamWriter writer = new(stream) { AutoFlush = true, NewLine = "\r\n" };
        using StreamReader reader = new(stream);
        await writer.WriteLineAsync($"AUTH {Password}\r\n{command}");
        await reader.ReadLineAsync(Cancellation);
        return await reader.ReadLineAsync(Cancellation);
    }

    public static Task HttpReadyAsync(ContainerSpec spec, string path, ContainerFixture servers)
    {
        HttpClient http = new();
        return UntilAsync(async () => (await http.GetAsync($"http://127.0.0.1:{spec.Port()}{path}", Cancellation)).IsSuccessStatusCode, () => servers.Output);
    }

    /// <summary>Repeats a check until it holds, for a minute at most.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, Func<string> explain)
    {
        for (Stopwatch clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromMinutes(1);)
        {
            try
            {
                if (await holds())
                {
                    return;
                }
            }
            catch (Exception e) when (e is SocketException or HttpRequestException or IOException or DbException)
            {
                // Not yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), Cancellation);
        }

        Assert.Fail($"It did not come true within a minute.\n{explain()}");
    }

    public static Task UntilAsync(Func<bool> holds, string explanation) => UntilAsync(() => Task.FromResult(holds()), () => explanation);

    /// <summary>The command lines of this machine's processes.</summary>
    public static Dictionary<int, string> CommandLines() => ProcessTable.All().ToDictionary(process => process, ProcessTable.CommandLine);

    /// <summary>Kills the server itself, as it is seen from this machine.</summary>
    public static void Kill(ContainerSpec spec, string program)
    {
        (int id, _) = CommandLines().Single(process =>
            process.Value.Split(' ')[0].EndsWith(program, StringComparison.Ordinal) && process.Value.Contains($"{spec.Port()}", StringComparison.Ordinal));
        PosixSignal.Send(id, PosixSignal.Kill);
    }
}
