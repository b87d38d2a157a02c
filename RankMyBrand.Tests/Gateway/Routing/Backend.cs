using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>A service on loopback that does what a test tells it, can be stopped, and comes back at the same address.</summary>
internal sealed class Backend : IAsyncDisposable
{
    private readonly HttpProtocols _protocols;
    private WebApplication? _app;
    private int _port;

    private Backend(string name, HttpProtocols protocols) => (Name, _protocols) = (name, protocols);

    public string Name { get; }

    public string Address => $"http://127.0.0.1:{_port}/";

    /// <summary>What it answers; its name unless told otherwise.</summary>
    public RequestDelegate? Handler { get; set; }

    public bool IsHealthy { get; set; } = true;

    /// <summary>What it has been asked, health checks aside, as METHOD TARGET.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public int HealthChecks { get; private set; }

    public static async Task<Backend> StartAsync(string name = "backend", RequestDelegate? handler = null, HttpProtocols protocols = HttpProtocols.Http1)
    {
        var backend = new Backend(name, protocols) { Handler = handler };
        await backend.StartAsync();
        return backend;
    }

    /// <summary>Starts again where it was.</summary>
    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, _port, endpoint => endpoint.Protocols = _protocols);
        });
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Run(AnswerAsync);
        await _app.StartAsync(TestContext.Current.CancellationToken);
        _port = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
    }

    /// <summary>Finishes what is under way and refuses connections from then on.</summary>
    public async Task StopAsync()
    {
        if (_app is not { } app)
            return;
        _app = null;
        await app.DisposeAsync();
    }

    public ValueTask DisposeAsync() => new(StopAsync());

    private Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/health/ready")
        {
            HealthChecks++;
            context.Response.StatusCode = IsHealthy ? 200 : 503;
            return Task.CompletedTask;
        }

        Requests.Enqueue($"{context.Request.Method} {context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget}");
        return Handler is { } handler ? handler(context) : context.Response.WriteAsync(Name, context.RequestAborted);
    }
}
