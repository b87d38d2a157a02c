using System.Globalization;
using System.Security.Cryptography;
using RankMyBrand.Benchmarks.Gateway.Programs;
using RankMyBrand.Benchmarks.Running;

namespace RankMyBrand.Benchmarks.Gateway.Servers;

/// <summary>One backend and the proxies before it, each in a process of its own. They start when they are asked for.</summary>
internal sealed class ProxyServers : IAsyncDisposable
{
    /// <summary>The path that the gateway forwards to the backend.</summary>
    public const string Path = "/bench/hello";

    // What a program of the web SDK has by default, and this console program has not.
    private static readonly KeyValuePair<string, string>[] s_runtime = [new("DOTNET_gcServer", "1")];

    private readonly Stack<ChildServer> _running = new();
    private ChildServer? _backend;

    /// <summary>A key of the gateway, another one each time.</summary>
    public string Key { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));

    public async Task<ChildServer> BackendAsync(CancellationToken cancellationToken) =>
        _backend ??= await StartSelfAsync(TinyBackend.Verb, [], cancellationToken);

    public async Task<ChildServer> YarpAsync(CancellationToken cancellationToken) =>
        await StartSelfAsync(BareYarp.Verb, [(await BackendAsync(cancellationToken)).Address.ToString()], cancellationToken);

    /// <summary>
    /// The gateway as it is in production: API keys, limits on the platform's Redis, metrics, and every request's access log with as many
    /// traces as are recorded by default sent to a collector.
    /// </summary>
    public async Task<ChildServer> GatewayAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var redis = await run.Servers.RedisAsync(cancellationToken);
        var backend = await BackendAsync(cancellationToken);
        var collector = await StartSelfAsync(TinyBackend.Verb, [], cancellationToken);
        var port = ChildServer.FreePort();
        // This program lies in bin/CONFIGURATION/FRAMEWORK of its project; so does the gateway in its own.
        var here = AppContext.BaseDirectory.TrimEnd(System.IO.Path.DirectorySeparatorChar);
        var project = System.IO.Path.GetFullPath(System.IO.Path.Combine(here, "../../../../RankMyBrand.Gateway"));
        var output = string.Join(System.IO.Path.DirectorySeparatorChar, here.Split(System.IO.Path.DirectorySeparatorChar)[^3..]);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_CONTENTROOT"] = project,
            ["ASPNETCORE_URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"),
            ["ConnectionStrings__redis"] = redis.ToString(),
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address.ToString(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["Security__ApiKeys__bench__Key"] = Key,
            ["Security__ApiKeys__bench__Tenant"] = "bench",
            ["Security__ApiKeys__bench__Scopes__0"] = "*",
            // The policy of the gateway's own settings, but for a limit that no benchmark reaches.
            ["RateLimits__Policies__caller__Permits"] = "1000000000",
            ["RateLimits__Policies__caller__Burst"] = "1000000000",
            ["ReverseProxy__Routes__bench__ClusterId"] = "bench",
            ["ReverseProxy__Routes__bench__Match__Path"] = "/bench/{**rest}",
            ["ReverseProxy__Clusters__bench__Destinations__one__Address"] = backend.Address.ToString(),
        };
        return await StartAsync(System.IO.Path.Combine(project, output, "RankMyBrand.Gateway"), port, [], environment, cancellationToken);
    }

    /// <summary>Caddy, and its version.</summary>
    public async Task<(ChildServer Server, string Version)> CaddyAsync(CancellationToken cancellationToken)
    {
        var backend = await BackendAsync(cancellationToken);
        var (program, version) = await Caddy.FindAsync(cancellationToken);
        var port = ChildServer.FreePort();
        string[] arguments =
        [
            "reverse-proxy", "--from", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"), "--to",
            backend.Address.Authority,
        ];
        var server = await StartAsync(program, port, arguments, [new("XDG_DATA_HOME", System.IO.Path.GetTempPath())], cancellationToken);
        return (server, version);
    }

    public async ValueTask DisposeAsync()
    {
        while (_running.TryPop(out var server))
            await server.DisposeAsync();
    }

    private Task<ChildServer> StartSelfAsync(string verb, string[] arguments, CancellationToken cancellationToken)
    {
        var port = ChildServer.FreePort();
        return StartAsync(
            Environment.ProcessPath!,
            port,
            [verb, port.ToString(CultureInfo.InvariantCulture), .. arguments],
            s_runtime,
            cancellationToken);
    }

    private async Task<ChildServer> StartAsync(
        string program, int port, string[] arguments, IEnumerable<KeyValuePair<string, string>> environment,
        CancellationToken cancellationToken)
    {
        var server = await ChildServer.StartAsync(program, port, arguments, environment, cancellationToken);
        _running.Push(server);
        return server;
    }
}
