using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace RankMyBrand.Tests.Foundation.Security.Tokens;

/// <summary>A real key endpoint on a free loopback port, whose answers can be changed and are counted.</summary>
internal sealed class JwksEndpoint : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _requests;

    private JwksEndpoint(WebApplication app) => _app = app;

    public Uri Address => new(new Uri(_app.Urls.Single()), "/.well-known/jwks.json");

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Answers a request.</summary>
    public required Func<HttpContext, Task> Answer { get; set; }

    public static async Task<JwksEndpoint> StartAsync(string jwks)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var endpoint = new JwksEndpoint(app) { Answer = With(jwks) };
        app.MapGet("/.well-known/jwks.json", context =>
        {
            Interlocked.Increment(ref endpoint._requests);
            return endpoint.Answer(context);
        });
        app.MapGet("/elsewhere", With(jwks.Replace("\"ec\"", "\"new\"", StringComparison.Ordinal)));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return endpoint;
    }

    public static Func<HttpContext, Task> With(string jwks) => context => context.Response.WriteAsync(jwks, context.RequestAborted);

    public static Func<HttpContext, Task> With(int status) => context =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
