using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace RankMyBrand.Benchmarks.Gateway.Servers;

/// <summary>A server in a process of its own, which ends with this one however this one ends.</summary>
internal sealed class ChildServer : IAsyncDisposable
{
    // Ends the server when the input ends, which it does when this process is gone. A server may open as many files as it needs.
    private const string Guard = """ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"; "$@" >&2 & echo $!; read -r _; kill -9 $!""";
    private const int KeptLines = 20;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _output = new();
    private readonly Process _guard;
    private readonly string _name;

    private ChildServer(string name, Process guard, Uri address)
    {
        (_name, _guard, Address) = (name, guard, address);
        guard.ErrorDataReceived += (_, line) => Keep(line.Data);
        guard.BeginErrorReadLine();
    }

    public Uri Address { get; }

    /// <summary>The process of the server itself.</summary>
    public int Id { get; private set; }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Starts a server on a port of this machine and waits until it answers.</summary>
    /// <param name="program">The path of the program.</param>
    /// <param name="port">The port that its arguments name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">What its environment has besides this process's.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<ChildServer> StartAsync(
        string program, int port, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string>> environment,
        CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("sh", ["-c", Guard, "guard", program, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var server = new ChildServer(
            Path.GetFileName(program),
            Process.Start(start) ?? throw new InvalidOperationException("sh could not be started."),
            new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")));
        try
        {
            await server.WaitUntilReadyAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The memory of the server in MiB: its own pages, and its part of those that it shares (PSS).</summary>
    public async Task<double> MemoryAsync(CancellationToken cancellationToken)
    {
        await foreach (var line in File.ReadLinesAsync($"/proc/{Id}/smaps_rollup", cancellationToken))
        {
            if (line.StartsWith("Pss:", StringComparison.Ordinal))
                return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        }

        throw new InvalidOperationException($"/proc/{Id}/smaps_rollup has no line 'Pss'.");
    }

    public async ValueTask DisposeAsync()
    {
        _guard.StandardInput.Close();
        await _guard.WaitForExitAsync();
        _guard.Dispose();
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        var id = await _guard.StandardOutput.ReadLineAsync(cancellationToken);
        Id = int.Parse(id!, CultureInfo.InvariantCulture);
        using var client = new HttpClient { BaseAddress = Address };
        var waited = Stopwatch.StartNew();
        while (!await AnswersAsync(client, cancellationToken))
        {
            if (waited.Elapsed > s_patience || !Directory.Exists($"/proc/{id}"))
            {
                throw new InvalidOperationException(
                    $"{_name} did not start on {Address}. Its last output: {string.Join(Environment.NewLine, _output)}");
            }

            await Task.Delay(50, cancellationToken);
        }
    }

    private static async Task<bool> AnswersAsync(HttpClient client, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await client.GetAsync("/health/live", cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        _output.Enqueue(line);
        while (_output.Count > KeptLines)
            _output.TryDequeue(out _);
    }
}
