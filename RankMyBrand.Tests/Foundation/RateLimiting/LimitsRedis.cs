using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

/// <summary>A redis-server of the test's own, on a free port, that can be killed and come back empty.</summary>
public sealed class LimitsRedis : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("limits-redis-").FullName;
    private Process? _process;

    public int Port { get; } = FreePort();

    public string ConnectionString => $"127.0.0.1:{Port},abortConnect=false,allowAdmin=true,connectTimeout=2000,asyncTimeout=20000";

    public static async Task<LimitsRedis> StartAsync()
    {
        var redis = new LimitsRedis();
        await redis.RunAsync();
        return redis;
    }

    public async Task RunAsync()
    {
        _process = Process.Start(new ProcessStartInfo("redis-server", [
            "--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", _directory])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        var deadline = Stopwatch.StartNew();
        while (!await AnswersAsync())
        {
            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(30), "redis-server did not answer within 30 s.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Kills the server as SIGKILL does.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await KillAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port);
            await client.GetStream().WriteAsync("PING\r\n"u8.ToArray());
            var reply = new byte[7];
            await client.GetStream().ReadExactlyAsync(reply);
            return reply.AsSpan().SequenceEqual("+PONG\r\n"u8);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
