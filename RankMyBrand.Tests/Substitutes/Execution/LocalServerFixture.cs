using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.Execution;

namespace RankMyBrand.Tests.Substitutes.Execution;

/// <summary>The local servers of this user, installed on first use, and volumes that end with the test class.</summary>
public sealed class LocalServerFixture : IAsyncLifetime
{
    private readonly string _volumePrefix = $"test-{Guid.NewGuid():N}-";
    private readonly ConcurrentQueue<string> _output = [];

    internal ProcessSupervisor Supervisor { get; } = new();

    internal LocalServerRuntime Runtime => field ??= new LocalServerRuntime(Supervisor, LocalServerDirectory.OfUser);

    public string Output => string.Join('\n', _output);

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Local servers need root.");
        await Runtime.PrepareAsync("redis", TestContext.Current.SendDiagnosticMessage, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await Supervisor.DisposeAsync();
        await Runtime.DeleteVolumesAsync(_volumePrefix, _ => { }, CancellationToken.None);
    }

    public string NewVolume() => $"{_volumePrefix}{Guid.NewGuid():N}";

    internal async Task<Workload> StartAsync(ContainerSpec spec) =>
        await Runtime.StartAsync(spec, line => _output.Enqueue(line.Text), TestContext.Current.CancellationToken);

    /// <summary>Repeats a check until it holds, for a minute at most.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, Func<string> explain)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        for (Stopwatch clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromMinutes(1);)
        {
            try
            {
                if (await holds())
                {
                    return;
                }
            }
            catch (Exception e) when (e is SocketException or HttpRequestException or IOException or System.Data.Common.DbException)
            {
                // Not yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }

        Assert.Fail(explain());
    }

    /// <summary>Sends a line to 127.0.0.1 and returns the first line of the answer.</summary>
    public static async Task<string?> AskAsync(int port, string request)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        await using NetworkStream stream = client.GetStream();
        await using StreamWriter writer = new(stream) { AutoFlush = true, NewLine = "\r\n" };
        using StreamReader reader = new(stream);
        await writer.WriteLineAsync(request);
        string? answer = null;
        foreach (string _ in request.Split("\r\n"))
        {
            answer = await reader.ReadLineAsync(TestContext.Current.CancellationToken);
        }

        return answer;
    }
}
