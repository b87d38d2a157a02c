using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>A configuration that is good is in force at once; one that is not says why, and changes nothing.</summary>
public sealed class ReloadTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string> BadSettings => new()
    {
        { "ReverseProxy:Routes:static:ClusterId", "nope", "ReverseProxy:Routes:static:ClusterId is 'nope'; it must be one of the clusters, main." },
        { "ReverseProxy:Routes:static:ClusterIdd", "main", "ReverseProxy:Routes:static:ClusterIdd is not a setting; those are RouteId, Match, Order, ClusterId" },
        { "ReverseProxy:Routes:static:Order", "first", "'ReverseProxy:Routes:static:Order' is 'first'; it must be a whole number (Int32)." },
        { "ReverseProxy:Routes:static:Match:Path", "/x/{", "Invalid path '/x/{' for route 'static'. There is an incomplete parameter" },
        { "ReverseProxy:Routes:static:Match:Methods:0", "JUMP", "JUMP" },
        { "ReverseProxy:Routes:static:Match:Path", "/services/a/{*x}", "ReverseProxy:Routes:static:Match:Path is '/services/a/{*x}', which is the path of a service; give the route an Order, such as -1, to be asked before it." },
        { "ReverseProxy:Routes:static:Match:Path", "/x/{id:nope}", "Route 'static': Match:Path is '/x/{id:nope}'; " },
        { "ReverseProxy:Routes:static:Match:Path", "/x/{id:range(a,b)}", "Route 'static': Match:Path is '/x/{id:range(a,b)}'; " },
        { "ReverseProxy:Routes:static:Match:Path", "/x/{id:length(5,2)}", "Route 'static': Match:Path is '/x/{id:length(5,2)}'; " },
        { "ReverseProxy:Routes:static:Match:Path", "/x/{id:regex(^[)}", "Route 'static': Match:Path is '/x/{id:regex(^[)}'; " },
        { "ReverseProxy:Routes:static:Match:Hosts:0", "foo:abc", "Route 'static': Match:Hosts has 'foo:abc'; behind ':' it must have a port or '*'." },
        { "ReverseProxy:Routes:static:Match:Headers:0:Mode", "HeaderPrefixx", "'ReverseProxy:Routes:static:Match:Headers:0:Mode' is 'HeaderPrefixx'; it must be one of ExactHeader, HeaderPrefix, " },
        { "ReverseProxy:Clusters:main:HttpClient:SslProtocols:0", "Tls99", "'ReverseProxy:Clusters:main:HttpClient:SslProtocols:0' is 'Tls99'; it must be one of " },
        { "ReverseProxy:Routes:static:Transforms:0:PathPattern", "/a/{", "There is an incomplete parameter in the route template" },
        { "ReverseProxy:Routes:static:Timeout", "soon", "ReverseProxy:Routes:static:Timeout" },
        { "ReverseProxy:Routes:static:Timeout", "00:00:00", "ReverseProxy:Routes:static:Timeout is '00:00:00'; it must be a time from" },
        { "ReverseProxy:Routes:static:Metadata:FirstByteTimeout", "x", "ReverseProxy:Routes:static:Metadata:FirstByteTimeout is 'x'" },
        { "ReverseProxy:Routes:static:Metadata:FirstByteTimout", "00:00:01", "ReverseProxy:Routes:static:Metadata:FirstByteTimout is not a setting; those are Anonymous, Roles, Scopes, RateLimits, FirstByteTimeout, Timeout, spelt like this." },
        { "ReverseProxy:Clusters:main:Metadata:Zone", "a", "ReverseProxy:Clusters:main:Metadata is not a setting; those are Destinations" },
        { "ReverseProxy:Clusters:main:Destinations:one:Metadata:Zone", "a", "ReverseProxy:Clusters:main:Destinations:one:Metadata is not supported" },
        { "ReverseProxy:Routes:static:TimeoutPolicy", "p", "ReverseProxy:Routes:static:TimeoutPolicy is 'p'; it is not supported: set Timeout." },
        { "ReverseProxy:Routes:static:RateLimiterPolicy", "p", "ReverseProxy:Routes:static:RateLimiterPolicy is 'p'; it is not supported: name the limits in the route's Metadata, as RateLimits." },
        { "ReverseProxy:Routes:static:OutputCachePolicy", "p", "ReverseProxy:Routes:static:OutputCachePolicy is not a setting" },
        { "ReverseProxy:Routes:static:CorsPolicy", "p", "CORS policy 'p' not found" },
        { "ReverseProxy:Routes:static:RouteId", "other", "ReverseProxy:Routes:static:RouteId is 'other'; it is not supported: leave it out" },
        { "ReverseProxy:Routes:static:MaxRequestBodySize", "-2", "ReverseProxy:Routes:static:MaxRequestBodySize is '-2'" },
        { "ReverseProxy:Routes:static:AuthorizationPolicy", "Anonymous", "ReverseProxy:Routes:static:AuthorizationPolicy is 'Anonymous'; it is not supported: say who may call in the route's Metadata, as Scopes, Roles or Anonymous." },
        { "ReverseProxy:Routes:static:AuthorizationPolicy", "Default", "ReverseProxy:Routes:static:AuthorizationPolicy is 'Default'; it is not supported" },
        { "ReverseProxy:Routes:static:Transforms:0:Nope", "x", "Nope" },
        { "ReverseProxy:Routes:service:x:ClusterId", "main", "ReverseProxy:Routes:service" },
        { "ReverseProxy:Clusters:main:Destinations:one:Address", "nonsense", "ReverseProxy:Clusters:main:Destinations:one:Address is 'nonsense'; it must be a URL such as http://host:8080." },
        { "ReverseProxy:Clusters:main:Destinations:one:Address", "ftp://x", "ReverseProxy:Clusters:main:Destinations:one:Address is 'ftp://x'" },
        { "ReverseProxy:Clusters:main:Destinations:one:Health", "nonsense", "ReverseProxy:Clusters:main:Destinations:one:Health is 'nonsense'" },
        { "ReverseProxy:Clusters:main:LoadBalancingPolicy", "Best", "ReverseProxy:Clusters:main:LoadBalancingPolicy is 'Best'; it must be one of PowerOfTwoChoices, LeastRequests, RoundRobin." },
        { "ReverseProxy:Clusters:main:Timeouts:Total", "forever", "'ReverseProxy:Clusters:main:Timeouts:Total' is 'forever'; it must be a time such as 00:00:30 (TimeSpan)." },
        { "ReverseProxy:Clusters:main:Timeouts:Total", "-00:00:01", "ReverseProxy:Clusters:main:Timeouts:Total is '-00:00:01'; it must be from 00:00:00.0100000 to 1.00:00:00." },
        { "ReverseProxy:Clusters:main:HttpRequest:Version", "9", "ReverseProxy:Clusters:main:HttpRequest:Version is '9'" },
        { "ReverseProxy:Clusters:main:HttpClient:ResponseHeaderEncoding", "utf-8", "ReverseProxy:Clusters:main:HttpClient:ResponseHeaderEncoding is not a setting" },
        { "ReverseProxy:Clusters:main:HttpRequest:ActivityTimeout", "00:01:00", "ReverseProxy:Clusters:main:HttpRequest:ActivityTimeout is not a setting" },
        { "ReverseProxy:Clusters:main:Retries", "3", "'ReverseProxy:Clusters:main:Retries' is a text; it must be a section." },
        { "ReverseProxy:Clusters:main:Retries:Attempts:0", "3", "'ReverseProxy:Clusters:main:Retries:Attempts' is a section; it must be a whole number (Int32)." },
        { "ReverseProxy:Clusters:main:Retries:Budget", "1.5", "ReverseProxy:Clusters:main:Retries:Budget is '1.5'; it must be from 0 to 1." },
        { "ReverseProxy:Clusters:service:x:Timeouts:Total", "1", "ReverseProxy:Clusters:service" },
        { "ReverseProxy:Routs:x", "1", "ReverseProxy:Routs is not a setting; those are Routes, Clusters." },
        { "Services:test:Instances:0", "nonsense", "Services:test:Instances has 'nonsense'; it must be a URL such as http://host:8080." },
        { "Services:test:Instances:0", "http://u:p@h/", "it must be a URL such as http://host:8080." },
        { "Services:test:LoadBalancingPolicy", "Best", "Services:test:LoadBalancingPolicy is 'Best'" },
        { "Services:test:Metadata:scopes", "admin", "Services:test:Metadata:scopes is not a setting; those are Anonymous, Roles, Scopes" },
        { "Services:test:Timeout", "00:00:01", "Services:test:Timeout is not a setting" },
        { "Services:test:Timeouts:FirstByte", "1 hour", "'Services:test:Timeouts:FirstByte' is '1 hour'; it must be a time such as 00:00:30 (TimeSpan)." },
        { "Services:test:HealthCheck:Active:Path", "health", "Services:test:HealthCheck:Active:Path is 'health'; it must begin with '/'." },
        { "Services:te_st:Instances:0", "http://h", "Services:te_st is no name for a service" },
        { "Services:test:MaxRequestBodySize", "-2", "Services:test:MaxRequestBodySize is '-2'" },
        { "Services:test:SessionAffinity:Cookie:HttpOnly", "false", "Services:test:SessionAffinity:Cookie:HttpOnly is 'False'" },
        { "Services:test:SessionAffinity:AffinityKeyName", "a b;", "Services:test:SessionAffinity:AffinityKeyName is 'a b;'; it must be a name for a cookie or header" },
        { "Services:test:SessionAffinity:Policy", "HashCookie", "Services:test:SessionAffinity:Policy is 'HashCookie'; it must be one of Cookie, CustomHeader." },
        { "Services:test:Breaker:FailureRatio", "0", "Services:test:Breaker:FailureRatio is '0'" },
        { "Services:test:Bulkhead:MaxConcurrency", "0", "Services:test:Bulkhead:MaxConcurrency is '0'" },
        { "Services:test:Hedging:Delay", "00:02:00", "Services:test:Hedging:Delay is '00:02:00'" },
    };

    [Theory]
    [MemberData(nameof(BadSettings))]
    public async Task BadValue_AtStart_StopsTheGatewayWithASentence(string key, string value, string expected)
    {
        await using var backend = await Backend.StartAsync();

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            var (app, _, _) = RoutingHost.Build(configure: null, [.. GoodSettings(backend), (key, value)]);
            await using (app)
                await app.StartAsync(Cancellation);
        });

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BadValue_AtRunTime_KeepsTheOldAndSaysWhy()
    {
        await using var backend = await Backend.StartAsync();
        var good = GoodSettings(backend).ToArray();
        await using var host = await RoutingHost.StartAsync([], good);

        foreach (var (key, value, expected) in BadSettings.Select(row => row.Data))
        {
            host.Log.Lines.Clear();
            host.Configuration.Change((key, value));

            var (level, text, exception) = await host.Log.WaitForAsync("is invalid and the old one stays in force");
            Assert.Equal(LogLevel.Error, level);
            Assert.Contains(expected, text, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', text);
            Assert.Null(exception);
            Assert.Equal("backend", await host.GetAsync("/static/x"));
            Assert.Equal("backend", await host.GetAsync());

            host.Log.Lines.Clear();
            host.Configuration.Change([("ReverseProxy", null), ("Services", null), .. good]);
            await host.Log.WaitForAsync("configured anew");
        }
    }

    [Fact]
    public async Task Routes_WithTheSamePath_AreTakenOnlyWhenSomethingTellsThemApart()
    {
        await using var backend = await Backend.StartAsync();
        await using var host = await RoutingHost.StartAsync([], [.. GoodSettings(backend)]);
        (string, string?)[] twin = [
            ("ReverseProxy:Routes:twin:ClusterId", "main"),
            ("ReverseProxy:Routes:twin:Match:Path", "/x/{other}"), ("ReverseProxy:Routes:static:Match:Path", "/x/{id}"),
            ("ReverseProxy:Routes:twin:Match:Headers:0:Name", "X-Kind"), ("ReverseProxy:Routes:static:Match:Headers:0:Name", "X-Kind"),
            ("ReverseProxy:Routes:twin:Match:Headers:0:IsCaseSensitive", "true"), ("ReverseProxy:Routes:static:Match:Headers:0:IsCaseSensitive", "true"),
            ("ReverseProxy:Routes:twin:Match:Headers:0:Values:0", "a"), ("ReverseProxy:Routes:static:Match:Headers:0:Values:0", "a"),
        ];

        host.Configuration.Change(twin);
        var (_, refused, _) = await host.Log.WaitForAsync("is invalid and the old one stays in force");
        Assert.Contains("The routes 'static', 'twin' match the same requests; give each an Order of its own.", refused, StringComparison.Ordinal);
        host.Log.Lines.Clear();
        host.Configuration.Change(("ReverseProxy:Routes:twin:Match:Headers:0:Values:0", "A"));

        await host.Log.WaitForAsync("configured anew");
    }

    [Theory]
    [InlineData("Methods", "GET", "POST", "PUT")]
    [InlineData("Hosts", "a.example", "b.example", "c.example")]
    public async Task Routes_WithAMethodOrHostInCommon_AreRefused(string condition, string one, string both, string other)
    {
        await using var backend = await Backend.StartAsync();
        await using var host = await RoutingHost.StartAsync([], [.. GoodSettings(backend)]);
        (string, string?)[] twin = [
            ("ReverseProxy:Routes:twin:ClusterId", "main"), ("ReverseProxy:Routes:twin:Match:Path", "/static/{**rest}"),
            ($"ReverseProxy:Routes:static:Match:{condition}:0", one), ($"ReverseProxy:Routes:static:Match:{condition}:1", both),
            ($"ReverseProxy:Routes:twin:Match:{condition}:0", other),
        ];

        host.Configuration.Change([.. twin, ($"ReverseProxy:Routes:twin:Match:{condition}:1", both)]);
        var (_, refused, _) = await host.Log.WaitForAsync("is invalid and the old one stays in force");
        Assert.Contains("The routes 'static', 'twin' match the same requests; give each an Order of its own.", refused, StringComparison.Ordinal);
        host.Log.Lines.Clear();
        host.Configuration.Change(($"ReverseProxy:Routes:twin:Match:{condition}:1", null));

        await host.Log.WaitForAsync("configured anew");
    }

    [Fact]
    public async Task GoodChange_AfterABadOne_IsTaken()
    {
        await using var backend = await Backend.StartAsync();
        await using var host = await RoutingHost.StartAsync([], [.. GoodSettings(backend)]);
        host.Configuration.Change(("ReverseProxy:Routes:static:ClusterId", "nope"));
        await host.Log.WaitForAsync("is invalid and the old one stays in force");

        // The services do not have to wait until the routes are repaired.
        host.Configuration.Change(("Services:other:Instances:0", backend.Address));
        await RoutingHost.WaitUntilAsync(async () => await host.GetStatusAsync("/services/other/") == HttpStatusCode.OK, "the new service is there");
        host.Configuration.Change(("ReverseProxy:Routes:static:ClusterId", "main"), ("ReverseProxy:Routes:static:Match:Path", "/moved/{**rest}"));
        await RoutingHost.WaitUntilAsync(async () => await host.GetStatusAsync("/moved/x") == HttpStatusCode.OK, "the route has moved");

        Assert.Equal(HttpStatusCode.NotFound, await host.GetStatusAsync("/static/x"));
    }

    [Fact]
    public async Task File_ThatBecomesUnreadable_ChangesNothing()
    {
        await using var backend = await Backend.StartAsync();
        var directory = Directory.CreateTempSubdirectory();
        var file = Path.Combine(directory.FullName, "routes.json");
        await WriteAsync("/one/{**rest}");
        await using var host = await RoutingHost.StartAsync([backend], builder => builder.Configuration.AddJsonFile(file, optional: false, reloadOnChange: true));
        Assert.Equal("backend", await host.GetAsync("/one/x"));

        await File.WriteAllTextAsync(file, """{ "ReverseProxy": { "Routes" """, Cancellation);
        await host.Log.WaitForAsync("routes.json cannot be read, and routes, services, keys and limits stay as they are");
        // A change of anything else must not find the file empty.
        host.Configuration.Change(("Services:other:Instances:0", backend.Address));
        await Task.Delay(TimeSpan.FromMilliseconds(200), Cancellation);
        Assert.Equal("backend", await host.GetAsync("/one/x"));

        await WriteAsync("/two/{**rest}");
        await RoutingHost.WaitUntilAsync(async () => await host.GetStatusAsync("/two/x") == HttpStatusCode.OK, "the repaired file is read");
        await RoutingHost.WaitUntilAsync(async () => await host.GetStatusAsync("/services/other/") == HttpStatusCode.OK, "the service is there, too");
        directory.Delete(recursive: true);

        async Task WriteAsync(string path)
        {
            await File.WriteAllTextAsync($"{file}.new", $$"""
                { "ReverseProxy": {
                    "Routes": { "r": { "ClusterId": "c", "Match": { "Path": "{{path}}" } } },
                    "Clusters": { "c": { "Destinations": { "d": { "Address": "{{backend.Address}}" } } } } } }
                """, Cancellation);
            File.Move($"{file}.new", file, overwrite: true);
        }
    }

    [Fact]
    public async Task File_ThatIsDeleted_ChangesNothingUntilThereIsOneAgain()
    {
        await using var backend = await Backend.StartAsync();
        var directory = Directory.CreateTempSubdirectory();
        var file = Path.Combine(directory.FullName, "routes.json");
        await using var host = await RoutingHost.StartAsync(
            [backend], builder => builder.Configuration.AddJsonFile(file, optional: true, reloadOnChange: true));
        // That it was not there at the start makes no difference.
        await WriteAsync($$"""
            { "ReverseProxy": {
                "Routes": { "r": { "ClusterId": "c", "Match": { "Path": "/one/{**rest}" } } },
                "Clusters": { "c": { "Destinations": { "d": { "Address": "{{backend.Address}}" } } } } } }
            """);
        await RoutingHost.WaitUntilAsync(async () => await host.GetStatusAsync("/one/x") == HttpStatusCode.OK, "the route is there");

        File.Delete(file);
        var (level, _, _) = await host.Log.WaitForAsync(
            "routes.json is gone, and routes, services, keys and limits stay as they are; put it back, with {} in it");
        host.Configuration.Change(("Services:other:Instances:0", backend.Address));
        await Task.Delay(TimeSpan.FromMilliseconds(200), Cancellation);
        Assert.Equal(LogLevel.Error, level);
        Assert.Equal("backend", await host.GetAsync("/one/x"));

        await WriteAsync("{}");
        await RoutingHost.WaitUntilAsync(async () => await host.GetStatusAsync("/one/x") == HttpStatusCode.NotFound, "nothing of the file is wanted");
        await RoutingHost.WaitUntilAsync(async () => await host.GetStatusAsync("/services/other/") == HttpStatusCode.OK, "the service is there, too");
        directory.Delete(recursive: true);

        async Task WriteAsync(string json)
        {
            await File.WriteAllTextAsync($"{file}.new", json, Cancellation);
            File.Move($"{file}.new", file, overwrite: true);
        }
    }

    private static IEnumerable<(string Key, string? Value)> GoodSettings(Backend backend) =>
    [
        ("ReverseProxy:Clusters:main:Destinations:one:Address", backend.Address),
        ("ReverseProxy:Routes:static:ClusterId", "main"),
        ("ReverseProxy:Routes:static:Match:Path", "/static/{**rest}"),
        ("Services:test:Instances:0", backend.Address),
        ("Services:test:SessionAffinity:Enabled", "true"),
    ];
}
