using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Tests.ServiceDefaults;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>
/// A service in a process of its own, which can be stopped, killed, and started again where it was: this test program, asked to run nothing
/// but <see cref="ServeUntilStopped"/>.
/// </summary>
public sealed class ServiceProcess
{
    private const string PortVariable = "SERVICE_PORT";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Starts one on a free port, in whose place it will start again.</summary>
    internal static async Task<Instance> StartAsync()
    {
        var instance = new Instance(FreePort());
        await instance.StartAsync();
        return instance;
    }

    [Fact(Explicit = true)]
    public async Task ServeUntilStopped()
    {
        if (Environment.GetEnvironmentVariable(PortVariable) is not { } port)
            return;
        await using var app = ServiceUnderTest.Build(app =>
        {
            app.MapGet("/", () => "hello");
            app.Urls.Clear();
            app.Urls.Add($"http://127.0.0.1:{port}");
        });
        // It does not outlive the tests, however they end.
        using var orphaned = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        _ = Task.Run(
            () =>
            {
                Console.In.ReadToEnd();
                orphaned.Cancel();
            },
            CancellationToken.None);
        await app.RunAsync(orphaned.Token);
    }

    // Below those that the system gives to outgoing connections: one of them could take the place of an instance that is down.
    private static int FreePort()
    {
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                var port = Random.Shared.Next(20_000, 32_000);
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Another has it.
            }
        }
    }

    internal sealed class Instance(int port) : IAsyncDisposable
    {
        private Process? _process;

        public Uri Address { get; } = new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/"));

        /// <summary>Starts it, and waits until it is ready.</summary>
        public async Task StartAsync()
        {
            var start = new ProcessStartInfo(Path.ChangeExtension(typeof(ServiceProcess).Assembly.Location, null))
            {
                ArgumentList = { "-explicit", "only", "-method", $"{typeof(ServiceProcess).FullName}.{nameof(ServeUntilStopped)}" },
                Environment = { [PortVariable] = port.ToString(CultureInfo.InvariantCulture) },
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            _process = Process.Start(start)!;
            _process.OutputDataReceived += static (_, _) => { };
            _process.ErrorDataReceived += static (_, _) => { };
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
            using var client = new HttpClient { BaseAddress = Address };
            await RoutingHost.WaitUntilAsync(() => IsReadyAsync(client), $"the service on port {port} is ready");
        }

        /// <summary>Asks it to stop, as an orchestrator does, and waits until it has (SIGTERM).</summary>
        public async Task StopAsync()
        {
            using (var kill = Process.Start("kill", ["-TERM", _process!.Id.ToString(CultureInfo.InvariantCulture)]))
                await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
            await EndAsync();
        }

        /// <summary>Ends it with whatever it is doing (SIGKILL).</summary>
        public async Task KillAsync()
        {
            _process!.Kill();
            await EndAsync();
        }

        public async ValueTask DisposeAsync()
        {
            if (_process is not null)
                await KillAsync();
        }

        private async Task EndAsync()
        {
            await _process!.WaitForExitAsync(CancellationToken.None).WaitAsync(s_patience, CancellationToken.None);
            _process.Dispose();
            _process = null;
        }

        private static async Task<bool> IsReadyAsync(HttpClient client)
        {
            try
            {
                using var response = await client.GetAsync("/health/ready", TestContext.Current.CancellationToken);
                return response.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }
}
