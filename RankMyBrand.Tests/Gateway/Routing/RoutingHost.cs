using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RankMyBrand.Gateway.Routing;
using RankMyBrand.Gateway.Routing.Upstreams;
using RankMyBrand.Tests.Support;
using Yarp.ReverseProxy;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>The gateway's routing on a real server, without asking who calls. The service <c>test</c> has the backends of a test.</summary>
internal sealed class RoutingHost : IAsyncDisposable
{
    private static readonly Lazy<X509Certificate2> s_certificate = new(CreateCertificate);

    private readonly WebApplication _app;

    private RoutingHost(WebApplication app, TestConfiguration configuration, TestLog log)
    {
        (_app, Configuration, Log) = (app, configuration, log);
        Address = AddressOf(0);
        Client = CreateClient();
    }

    public Uri Address { get; }

    /// <summary>Where clients speak HTTP/2 without TLS.</summary>
    public Uri Http2Address => AddressOf(1);

    /// <summary>Where clients speak through TLS, to a server that nobody vouches for.</summary>
    public Uri HttpsAddress => AddressOf(2);

    public HttpClient Client { get; }

    public TestConfiguration Configuration { get; }

    public TestLog Log { get; }

    public IServiceProvider Services => _app.Services;

    public Upstream Upstream => Services.GetRequiredService<UpstreamDirectory>().Find("service:test");

    public static Task<RoutingHost> StartAsync(Backend[] backends, params (string Key, string? Value)[] settings) =>
        StartAsync(backends, configure: null, settings);

    public static async Task<RoutingHost> StartAsync(
        Backend[] backends, Action<WebApplicationBuilder>? configure, params (string Key, string? Value)[] settings)
    {
        var host = Build(configure, [.. Instances(backends), .. settings]);
        return new RoutingHost(await host.App.StartOrDisposeAsync(), host.Configuration, host.Log);
    }

    /// <summary>Builds the gateway; it is for the caller to start.</summary>
    public static (WebApplication App, TestConfiguration Configuration, TestLog Log) Build(
        Action<WebApplicationBuilder>? configure, params (string Key, string? Value)[] settings)
    {
        var (configuration, log) = (new TestConfiguration(settings), new TestLog());
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            EnvironmentName = "Production",
            ApplicationName = typeof(RoutingHost).Assembly.GetName().Name,
            ContentRootPath = Path.GetTempPath(),
        });
        ((IConfigurationBuilder)builder.Configuration).Add(configuration);
        builder.Logging.ClearProviders().AddProvider(log);
        builder.AddServiceDefaults();
        configure?.Invoke(builder);
        builder.AddGatewayRouting();
        // After the gateway's own settings, which are the defaults of endpoints.
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.UseHttps(s_certificate.Value));
        });
        var app = builder.Build().PrepareOrDispose(app =>
        {
            app.MapDefaultEndpoints();
            app.MapGatewayRouting();
        });
        return (app, configuration, log);
    }

    public static IEnumerable<(string Key, string? Value)> Instances(params Backend[] backends) =>
        backends.Select((backend, i) => ($"Services:test:Instances:{i}", (string?)backend.Address));

    public HttpClient CreateClient() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ActivityHeadersPropagator = null })
    {
        BaseAddress = Address,
        Timeout = TimeSpan.FromSeconds(60),
    };

    public Task<string> GetAsync(string path = "/services/test/") => Client.GetStringAsync(path, TestContext.Current.CancellationToken);

    public async Task<HttpStatusCode> GetStatusAsync(string path)
    {
        using var response = await Client.GetAsync(path, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    /// <summary>The healthy instances of the service.</summary>
    public Destination[] Destinations()
    {
        Assert.True(Services.GetRequiredService<IProxyStateLookup>().TryGetCluster("service:test", out var cluster));
        return Upstream.HealthyDestinations(cluster);
    }

    /// <summary>Asks, and expects problem details.</summary>
    public async Task<JsonObject> GetProblemAsync(string path, HttpStatusCode status, string code)
    {
        using var response = await Client.GetAsync(path, TestContext.Current.CancellationToken);
        return await ReadProblemAsync(response, status, code);
    }

    public static async Task<JsonObject> ReadProblemAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(text)!.AsObject();
        Assert.Equal(code, (string?)problem["code"]);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        return problem;
    }

    /// <summary>Waits until something is the case.</summary>
    public static async Task WaitUntilAsync(Func<Task<bool>> condition, string what)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            Assert.False(timeout.IsCancellationRequested, $"It has never happened that {what}.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }

    private Uri AddressOf(int endpoint) =>
        new(Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ElementAt(endpoint));

    private static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
