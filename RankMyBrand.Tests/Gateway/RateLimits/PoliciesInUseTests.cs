using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Gateway.RateLimits;
using RankMyBrand.Tests.Gateway.Routing;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace RankMyBrand.Tests.Gateway.RateLimits;

/// <summary>Policies and the routes that use them, in a file that changes while the gateway runs.</summary>
public sealed class PoliciesInUseTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-").FullName;
    private readonly RawBackend _backend = new();
    private readonly TestLog _log = new();
    private readonly Gateways _gateways;
    private GatewayHost _gateway = null!;
    private HttpClient _client = null!;

    public PoliciesInUseTests(Gateways gateways) => _gateways = gateways;

    private RateLimiter Limiter => _gateway.Services.GetRequiredService<RateLimiter>();

    public async ValueTask InitializeAsync()
    {
        File.Copy(Path.Combine(AppContext.BaseDirectory, "gateway", "appsettings.json"), Path.Combine(_directory, "appsettings.json"));
        await WriteAsync("", policies: "{}");
        _gateway = await _gateways.StartAsync(_backend.Address, _log, ("contentRoot", _directory));
        _client = _gateway.CreateClient(GatewayHost.Key);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _gateway.DisposeAsync();
        await _backend.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Edit_OfAPolicyAndItsRoute_IsTakenWhole()
    {
        // Added together, exchanged together many times over, removed together.
        for (var i = 0; i < 10; i++)
        {
            var (name, permits) = ($"p{i}", (1000 + i).ToString(CultureInfo.InvariantCulture));
            await WriteAsync(name, $$"""{ "{{name}}": { "Permits": {{permits}} } }""");
            await WaitForPolicyAsync($"\"{name}\";q={permits};");
            await RoutingHost.WaitUntilAsync(() => Task.FromResult(!Limiter.HasPolicy($"p{i - 1}")), "the policy before it is gone");
        }

        await WriteAsync("", """{ "caller": { "Permits": 1234 } }""");
        await WaitForPolicyAsync("\"caller\";q=1234;");
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(!Limiter.HasPolicy("p9")), "the last policy is gone");

        Assert.DoesNotContain(_log.Lines, line => line.Level >= LogLevel.Error);
    }

    [Fact]
    public async Task Edit_ThatRemovesThePolicyAlone_KeepsItWhileTheRouteUsesIt()
    {
        await WriteAsync("exports", """{ "exports": { "Permits": 1000 } }""");
        await WaitForPolicyAsync("\"exports\";q=1000;");

        await WriteAsync("exports", """{ "caller": { "Permits": 1234 } }""");
        var (level, _, _) = await _log.WaitForAsync(
            "Route 'edited' uses the policy 'exports', which RateLimits:Policies does not have any more; it stays in force as it was. "
            + "Add it there, or use another one");

        Assert.Equal(LogLevel.Warning, level);
        Assert.StartsWith("\"exports\";q=1000;", await GetPolicyAsync("/edited"), StringComparison.Ordinal);
        Assert.StartsWith("\"caller\";q=1234;", await GetPolicyAsync("/echo/x"), StringComparison.Ordinal);
        await WriteAsync("caller", """{ "caller": { "Permits": 1234 } }""");
        await WaitForPolicyAsync("\"caller\";q=1234;");
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(!Limiter.HasPolicy("exports")), "the policy that nobody uses is gone");
    }

    [Fact]
    public async Task Edit_WhileARequestIsUnderWay_AnswersItByThePolicyThatItWasRoutedTo()
    {
        await WriteAsync("exports", """{ "exports": { "Permits": 1000 } }""");
        await WaitForPolicyAsync("\"exports\";q=1000;");
        await WriteAsync("", "{}");
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(!Limiter.HasPolicy("exports")), "the policy is gone");
        var context = new DefaultHttpContext();
        var route = new RouteConfig
        {
            RouteId = "edited",
            Match = new RouteMatch { Path = "/edited" },
            Metadata = new Dictionary<string, string> { [RouteLimits.Key] = "exports" },
        };
        context.SetEndpoint(
            new Endpoint(null, new EndpointMetadataCollection(new RouteModel(route, null, HttpTransformer.Default)), "edited"));

        var middleware = new RateLimitMiddleware(_ => Task.CompletedTask, Limiter, Options.Create(new EdgeLimitsOptions()));
        await middleware.InvokeAsync(context);

        Assert.StartsWith("\"exports\";q=1000;", context.Response.Headers["RateLimit-Policy"].ToString(), StringComparison.Ordinal);
    }

    private Task WaitForPolicyAsync(string start) => RoutingHost.WaitUntilAsync(
        async () => (await GetPolicyAsync("/edited")).StartsWith(start, StringComparison.Ordinal), $"the limit begins with {start}");

    private async Task<string> GetPolicyAsync(string path)
    {
        using var response = await _client.GetAsync(path, TestContext.Current.CancellationToken);
        Assert.True((int)response.StatusCode is 200 or 404, $"{response}");
        return response.Headers.TryGetValues("RateLimit-Policy", out var values) ? values.Single() : "";
    }

    // Renamed into its place: a file that is seen half written is a broken one.
    private async Task WriteAsync(string limits, string policies)
    {
        var metadata = limits.Length == 0 ? "{}" : $$"""{ "RateLimits": "{{limits}}" }""";
        var file = Path.Combine(_directory, "appsettings.Production.json");
        await File.WriteAllTextAsync($"{file}.new", $$"""
            { "RateLimits": { "Policies": {{policies}} },
              "ReverseProxy": { "Routes": {
                  "edited": { "ClusterId": "test", "Match": { "Path": "/edited" }, "Metadata": {{metadata}} } } } }
            """, TestContext.Current.CancellationToken);
        File.Move($"{file}.new", file, overwrite: true);
    }
}
