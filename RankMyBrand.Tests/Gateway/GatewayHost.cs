using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RankMyBrand.Tests.Gateway;

/// <summary>
/// The gateway's own Program in this process, on a real server and a free loopback port. Routes of a test go to its backend; the
/// settings of the gateway's appsettings.json hold unless the test says otherwise.
/// </summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    /// <summary>A key with all scopes; its tenant is <c>acme</c>.</summary>
    public const string Key = "full-key-0123456789abcdefghijklmnopqrstuv";

    private readonly IHost _host;
    private readonly Task _program;

    private GatewayHost(IHost host, Task program)
    {
        (_host, _program) = (host, program);
        Address = new Uri(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Client = CreateClient();
    }

    public Uri Address { get; }

    /// <summary>A client without a key, without cookies, that follows no redirects and adds no trace headers.</summary>
    public HttpClient Client { get; }

    public IServiceProvider Services => _host.Services;

    /// <summary>Starts the gateway in Production with one route, <c>/echo/{**rest}</c>, to a backend.</summary>
    /// <param name="redis">The address of the Redis of its limits.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="log">Gets what is logged; null for nobody.</param>
    /// <param name="settings">Settings that come before all others.</param>
    public static async Task<GatewayHost> StartAsync(
        string redis, Uri backend, ILoggerProvider? log, params IEnumerable<(string Key, string Value)> settings)
    {
        var all = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["urls"] = "http://127.0.0.1:0",
            ["environment"] = "Production",
            ["contentRoot"] = Path.Combine(AppContext.BaseDirectory, "gateway"),
            ["applicationName"] = "RankMyBrand.Gateway",
            ["ServiceDefaults:Shutdown:DrainDelay"] = "00:00:00",
            ["ServiceDefaults:Shutdown:Timeout"] = "00:00:05",
            ["ConnectionStrings:redis"] = redis,
            // Tests share a Redis, and each has limits of its own.
            ["RateLimits:KeyPrefix"] = $"{Guid.NewGuid():N}:{{rl}}:",
            ["Security:ApiKeys:full:Key"] = Key,
            ["Security:ApiKeys:full:Tenant"] = "acme",
            ["Security:ApiKeys:full:Scopes:0"] = "*",
            ["ReverseProxy:Clusters:test:Destinations:one:Address"] = backend.ToString(),
            ["ReverseProxy:Routes:echo:ClusterId"] = "test",
            ["ReverseProxy:Routes:echo:Match:Path"] = "/echo/{**rest}",
        };
        foreach (var (key, value) in settings)
            all[key] = value;
        // No test changes the settings of others; see TestProcess.
        all["hostBuilder:reloadConfigOnChange"] = settings.Any(setting => setting.Key == "contentRoot").ToString();
        return await StartAsync([.. all.Select(setting => $"--{setting.Key}={setting.Value}")], log);
    }

    public HttpClient CreateClient(string? apiKey = null)
    {
        var client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            AutomaticDecompression = DecompressionMethods.None,
            MaxConnectionsPerServer = 256,
        })
        {
            BaseAddress = Address,
            Timeout = TimeSpan.FromSeconds(60),
        };
        if (apiKey is not null)
            client.DefaultRequestHeaders.Add("X-API-Key", apiKey);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await _program;
    }

    private static async Task<GatewayHost> StartAsync(string[] arguments, ILoggerProvider? log)
    {
        using var started = new StartedHost(log);
        var program = Task.Factory.StartNew(
            () => started.Run(arguments), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            var host = await await Task.WhenAny(started.Host, program.ContinueWith(ended => Ended(ended), TaskScheduler.Default));
            var running = new TaskCompletionSource();
            host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(running.SetResult);
            await (await Task.WhenAny(running.Task, program)).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            return new GatewayHost(host, program);
        }
        catch
        {
            // A program that fails before it runs its host leaves it, and every host after it would listen to what it measures.
            if (started.Host.IsCompletedSuccessfully)
                (await started.Host).Dispose();
            throw;
        }
    }

    private static IHost Ended(Task program)
    {
        program.GetAwaiter().GetResult();
        throw new InvalidOperationException("The gateway's Program has ended without having built a host.");
    }

    /// <summary>Runs a Program and catches the host that it builds: hosts announce themselves to diagnostic listeners.</summary>
    private sealed class StartedHost : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
    {
        private static readonly AsyncLocal<StartedHost?> s_current = new();

        private readonly TaskCompletionSource<IHost> _host = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<IDisposable> _subscriptions = [];
        private readonly ILoggerProvider? _log;

        public StartedHost(ILoggerProvider? log)
        {
            _log = log;
            _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));
        }

        public Task<IHost> Host => _host.Task;

        public void Run(string[] arguments)
        {
            s_current.Value = this;
            try
            {
                typeof(RankMyBrand.Gateway.Identity.CallerIdentity).Assembly.EntryPoint!.Invoke(null, [arguments]);
            }
            catch (System.Reflection.TargetInvocationException e)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerException!);
            }
        }

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting")
                _subscriptions.Add(value.Subscribe(this));
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (s_current.Value != this)
                return;
            if (value.Key == "HostBuilding")
            {
                ((IHostBuilder)value.Value!).ConfigureLogging(logging =>
                {
                    logging.ClearProviders();
                    if (_log is not null)
                        logging.AddProvider(_log);
                });
            }

            if (value.Key == "HostBuilt")
            {
                // Threads that the host starts keep what is current, and some outlive it.
                s_current.Value = null;
                _host.TrySetResult((IHost)value.Value!);
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        public void Dispose() => _subscriptions.ForEach(subscription => subscription.Dispose());
    }
}
