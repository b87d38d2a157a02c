using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RankMyBrand.Tests.Support;

/// <summary>A real redis-server of its own: on a free port, with its data in a temporary directory, gone when it is disposed.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private const int Attempts = 5;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly Lazy<Task<string>> s_binary = new(FindAsync);
    private readonly ConcurrentQueue<string> _output = new();
    private readonly string _binary;
    private readonly string[] _arguments;
    private Process? _process;

    private RedisServer(string binary, string[] arguments)
    {
        _binary = binary;
        _arguments = arguments;
        Directory = System.IO.Directory.CreateTempSubdirectory("redis-").FullName;
    }

    public int Port { get; private set; }

    /// <summary>Where it keeps its data, and where files that its arguments name can be put.</summary>
    public string Directory { get; }

    /// <summary>The address as connection strings have it.</summary>
    public string EndPoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    public bool IsRunning => _process is { HasExited: false };

    private bool Secure => _arguments.Contains("--tls-cert-file");

    /// <summary>Starts a server; {dir} in an argument stands for <see cref="Directory"/>. With --tls-cert-file the port is one for TLS.</summary>
    public static Task<RedisServer> StartAsync(CancellationToken cancellationToken, params string[] arguments) =>
        StartAsync(_ => { }, cancellationToken, arguments);

    /// <summary>Starts a server after its directory has been prepared.</summary>
    public static async Task<RedisServer> StartAsync(Action<string> prepare, CancellationToken cancellationToken, params string[] arguments)
    {
        var server = new RedisServer(await s_binary.Value.WaitAsync(cancellationToken), arguments);
        try
        {
            prepare(server.Directory);
            for (var attempt = 1; ; attempt++)
            {
                server.Port = FreePort();
                if (await server.TryRunAsync(cancellationToken)) return server;
                // Another process may have taken the port between its choice and its use.
                if (attempt == Attempts) throw server.Failure("did not start");
            }
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the server as a crash would (SIGKILL).</summary>
    public void Kill()
    {
        _process?.Kill();
        _process?.WaitForExit();
    }

    /// <summary>Stops the server's execution without ending it, until <see cref="ContinueAsync"/>: sockets stay open, nothing answers.</summary>
    public Task PauseAsync(CancellationToken cancellationToken) => SignalAsync("STOP", cancellationToken);

    public Task ContinueAsync(CancellationToken cancellationToken) => SignalAsync("CONT", cancellationToken);

    /// <summary>Starts it again after <see cref="Kill"/>, on the same port and with the data it had saved.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        Kill();
        for (var attempt = 1; !await TryRunAsync(cancellationToken); attempt++)
        {
            if (attempt == Attempts) throw Failure("did not start again");
        }
    }

    public ValueTask DisposeAsync()
    {
        Kill();
        _process?.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task<bool> TryRunAsync(CancellationToken cancellationToken)
    {
        _process?.Dispose();
        string[] own = [Secure ? "--tls-port" : "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", Directory, "--save", ""];
        if (Secure) own = ["--port", "0", .. own];
        var start = new ProcessStartInfo(_binary, [.. own, .. _arguments.Select(argument => argument.Replace("{dir}", Directory, StringComparison.Ordinal))])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{_binary} could not be started.");
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        var waited = Stopwatch.StartNew();
        while (!_process.HasExited && waited.Elapsed < s_patience)
        {
            if (await AnswersAsync(cancellationToken)) return true;
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }
        Kill();
        return false;
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
            if (Secure) return true;
            var stream = client.GetStream();
            await stream.WriteAsync("PING\r\n"u8.ToArray(), cancellationToken);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            var answer = await reader.ReadLineAsync(cancellationToken);
            return answer is "+PONG" || answer?.StartsWith("-NOAUTH", StringComparison.Ordinal) == true;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }

    private async Task SignalAsync(string signal, CancellationToken cancellationToken)
    {
        using var kill = Process.Start("kill", ["-" + signal, _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(cancellationToken);
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        _output.Enqueue(line);
        while (_output.Count > 50) _output.TryDequeue(out _);
    }

    private InvalidOperationException Failure(string what) =>
        new($"redis-server {what} on port {Port}. Its last output:{Environment.NewLine}{string.Join(Environment.NewLine, _output)}");

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<string> FindAsync()
    {
        if (OnPath() is { } found) return found;
        const string Manual = "Install it with 'apt-get install redis-server' and run the tests again.";
        if (!Environment.IsPrivilegedProcess) throw new InvalidOperationException($"The tests need redis-server, which is not on the PATH. {Manual}");
        await RunAsync("apt-get", "update");
        var output = await RunAsync("apt-get", "install", "-y", "--no-install-recommends", "redis-server");
        return OnPath() ?? throw new InvalidOperationException($"The tests need redis-server, and apt-get could not install it. {Manual} apt-get said: {output}");
    }

    private static string? OnPath() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(directory => Path.Combine(directory, "redis-server")).FirstOrDefault(File.Exists);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        // The package would start a server of its own on the usual port; in run level 1 it does not.
        start.Environment["RUNLEVEL"] = "1";
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} could not be started.");
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output + await error;
    }
}
