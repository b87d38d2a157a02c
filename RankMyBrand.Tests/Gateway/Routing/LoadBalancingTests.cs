using System.Net;
using Microsoft.AspNetCore.Http;
using RankMyBrand.Gateway.Routing.Upstreams;
using RankMyBrand.Tests.Support;
using Yarp.ReverseProxy.Model;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>Which instance a request goes to.</summary>
public sealed class LoadBalancingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RoundRobin_GivesEveryInstanceItsTurn()
    {
        await using var one = await Backend.StartAsync("one");
        await using var two = await Backend.StartAsync("two");
        await using var three = await Backend.StartAsync("three");
        await using var host = await RoutingHost.StartAsync([one, two, three], ("Services:test:LoadBalancingPolicy", "RoundRobin"));

        for (var i = 0; i < 12; i++)
            await host.GetAsync();

        Assert.All([one, two, three], backend => Assert.Equal(4, backend.Requests.Count));
    }

    [Theory]
    [InlineData("LeastRequests")]
    [InlineData("PowerOfTwoChoices")]
    public async Task LeastLoaded_WhileOneInstanceIsBusy_IsTheOther(string policy)
    {
        var release = new TaskCompletionSource();
        await using var busy = await Backend.StartAsync("busy", _ => release.Task);
        await using var idle = await Backend.StartAsync("idle");
        await using var host = await RoutingHost.StartAsync([busy], ("Services:test:LoadBalancingPolicy", policy));
        var waiting = Enumerable.Range(0, 3).Select(_ => host.GetAsync()).ToArray();
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(busy.Requests.Count == 3), "all requests have arrived");
        host.Configuration.Change([.. RoutingHost.Instances(busy, idle)]);
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(host.Destinations().Length == 2), "the second instance is known");
        var before = busy.Requests.Count;

        for (var i = 0; i < 20; i++)
            Assert.Equal("idle", await host.GetAsync());

        Assert.Equal(before, busy.Requests.Count);
        release.SetResult();
        await Task.WhenAll(waiting);
    }

    [Fact]
    public void PowerOfTwoChoices_AsksAllThatAreEquallyLoaded()
    {
        var destinations = Enumerable.Range(0, 5).Select(i => new Destination(new DestinationState($"{i}"), TimeProvider.System)).ToArray();
        var balancer = new LoadBalancer();

        var picked = Enumerable.Range(0, 1000).Select(_ => balancer.Pick(destinations, "PowerOfTwoChoices")!.Value.Destination).ToList();

        Assert.All(destinations, destination => Assert.InRange(picked.Count(other => other == destination), 100, 300));
    }

    [Theory]
    [InlineData("PowerOfTwoChoices")]
    [InlineData("LeastRequests")]
    [InlineData("RoundRobin")]
    public void Pick_WhereOnlyOneIsLeft_FindsIt(string policy)
    {
        var time = new ManualTimeProvider();
        var destinations = Enumerable.Range(0, 4).Select(i => new Destination(new DestinationState($"{i}"), time)).ToArray();
        var breaker = new BreakerOptions { MinimumRequests = 1 };
        destinations[0].Breaker.Report(AttemptOutcome.Failed, isProbe: false, breaker);
        destinations[1].Breaker.Report(AttemptOutcome.Failed, isProbe: false, breaker);
        destinations[3].Begin();
        var balancer = new LoadBalancer();

        for (var i = 0; i < 50; i++)
            Assert.Same(destinations[3], balancer.Pick(destinations, policy, [destinations[2]])!.Value.Destination);
        Assert.Null(balancer.Pick(destinations, policy, [destinations[2], destinations[3]]));
    }

    [Fact]
    public async Task Cookie_KeepsAClientAtItsInstance()
    {
        await using var one = await Backend.StartAsync("one");
        await using var two = await Backend.StartAsync("two");
        await using var host = await RoutingHost.StartAsync(
            [one, two], ("Services:test:SessionAffinity:Enabled", "true"), ("Services:test:LoadBalancingPolicy", "RoundRobin"));
        using var first = await host.Client.GetAsync("/services/test/", Cancellation);
        var cookie = Assert.Single(first.Headers.GetValues("Set-Cookie"));
        var name = await first.Content.ReadAsStringAsync(Cancellation);

        var answers = new List<string>();
        for (var i = 0; i < 8; i++)
            answers.Add(await AskAsync(host, ("Cookie", cookie.Split(';')[0])));

        Assert.All(answers, answer => Assert.Equal(name, answer));
        Assert.StartsWith("affinity-service-test=", cookie, StringComparison.Ordinal);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("127.0.0.1", cookie, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cookie_OverHttps_IsForHttpsAlone()
    {
        await using var backend = await Backend.StartAsync();
        await using var host = await RoutingHost.StartAsync([backend], ("Services:test:SessionAffinity:Enabled", "true"));
        using var handler = new SocketsHttpHandler { UseCookies = false };
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null;
        using var client = new HttpClient(handler);

        using var secure = await client.GetAsync(new Uri(host.HttpsAddress, "/services/test/"), Cancellation);
        using var plain = await host.Client.GetAsync("/services/test/", Cancellation);

        Assert.Contains("; secure", Assert.Single(secure.Headers.GetValues("Set-Cookie")), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("; secure", Assert.Single(plain.Headers.GetValues("Set-Cookie")), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Header_KeepsAClientAtItsInstance()
    {
        await using var one = await Backend.StartAsync("one");
        await using var two = await Backend.StartAsync("two");
        await using var host = await RoutingHost.StartAsync(
            [one, two],
            ("Services:test:SessionAffinity:Enabled", "true"),
            ("Services:test:SessionAffinity:Policy", "CustomHeader"),
            ("Services:test:SessionAffinity:AffinityKeyName", "X-Sticky"),
            ("Services:test:LoadBalancingPolicy", "RoundRobin"));
        using var first = await host.Client.GetAsync("/services/test/", Cancellation);
        var key = Assert.Single(first.Headers.GetValues("X-Sticky"));
        var name = await first.Content.ReadAsStringAsync(Cancellation);

        for (var i = 0; i < 8; i++)
            Assert.Equal(name, await AskAsync(host, ("X-Sticky", key)));
    }

    [Fact]
    public async Task Cookie_ThatSomebodyMadeUp_ChoosesNothing()
    {
        await using var one = await Backend.StartAsync("one");
        await using var two = await Backend.StartAsync("two");
        await using var host = await RoutingHost.StartAsync(
            [one, two], ("Services:test:SessionAffinity:Enabled", "true"), ("Services:test:LoadBalancingPolicy", "RoundRobin"));

        for (var i = 0; i < 6; i++)
            await AskAsync(host, ("Cookie", $"affinity-service-test={Uri.EscapeDataString(one.Address)}"));

        Assert.Equal(3, one.Requests.Count);
        Assert.Equal(3, two.Requests.Count);
    }

    // As after a restart that has lost the keys of data protection, with which it was encrypted.
    [Theory]
    [InlineData("Cookie", "Cookie", "k=from-another-gateway", "Set-Cookie")]
    [InlineData("CustomHeader", "k", "from-another-gateway", "k")]
    public async Task Key_ThatCannotBeRead_IsReplacedThoughTheClientIsToHaveNoOtherInstance(
        string policy, string sent, string key, string told)
    {
        await using var backend = await Backend.StartAsync();
        await using var host = await StartStickyAsync(
            [backend], ("Policy", policy), ("AffinityKeyName", "k"), ("FailurePolicy", "Return503Error"));

        using var response = await SendAsync(host, (sent, key));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.NotEmpty(Assert.Single(response.Headers.GetValues(told)));
    }

    [Fact]
    public async Task Cookie_OfAnInstanceThatIsGone_IsReplaced()
    {
        await using var one = await Backend.StartAsync("one");
        await using var two = await Backend.StartAsync("two");
        await using var host = await RoutingHost.StartAsync([one], ("Services:test:SessionAffinity:Enabled", "true"));
        using var first = await host.Client.GetAsync("/services/test/", Cancellation);
        var cookie = first.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        host.Configuration.Change([("Services:test:Instances", null), .. RoutingHost.Instances(two)]);
        await RoutingHost.WaitUntilAsync(async () => await AskAsync(host) == "two", "the new instance answers");

        using var response = await SendAsync(host, ("Cookie", cookie));

        Assert.Equal("two", await response.Content.ReadAsStringAsync(Cancellation));
        Assert.Single(response.Headers.GetValues("Set-Cookie"));
    }

    [Theory]
    [InlineData("Cookie", "Set-Cookie", "Cookie")]
    [InlineData("CustomHeader", "X-Sticky", "X-Sticky")]
    public async Task Client_OfAnInstanceWhoseCircuitIsOpen_MovesForGood(string policy, string told, string sent)
    {
        await using var one = await Backend.StartAsync("one");
        await using var two = await Backend.StartAsync("two");
        await using var three = await Backend.StartAsync("three");
        await using var host = await StartStickyAsync(
            [one, two, three], ("Policy", policy), ("AffinityKeyName", "X-Sticky"));
        var (key, name) = await GetKeyAsync(host, told);
        var failed = Assert.Single(new[] { one, two, three }, backend => backend.Name == name);
        await failed.StopAsync();

        var (another, other) = ("", "");
        await RoutingHost.WaitUntilAsync(
            async () =>
            {
                using var response = await SendAsync(host, (sent, key));
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                (another, other) = (KeyOf(response, told), await response.Content.ReadAsStringAsync(Cancellation));
                return another.Length > 0;
            },
            "the client is told another instance");

        for (var i = 0; i < 8; i++)
            Assert.Equal(other, await AskAsync(host, (sent, another)));
    }

    [Fact]
    public async Task Client_ThatIsToHaveNoOtherInstance_Waits()
    {
        await using var one = await Backend.StartAsync("one");
        await using var two = await Backend.StartAsync("two");
        await using var host = await StartStickyAsync(
            [one, two], ("Policy", "Cookie"), ("AffinityKeyName", "k"), ("FailurePolicy", "Return503Error"));
        var (key, name) = await GetKeyAsync(host, "Set-Cookie");
        var (mine, other) = name == "one" ? (one, two) : (two, one);
        await mine.StopAsync();

        await RoutingHost.WaitUntilAsync(
            async () =>
            {
                using var response = await SendAsync(host, ("Cookie", key));
                Assert.Contains(response.StatusCode, new[] { HttpStatusCode.BadGateway, HttpStatusCode.ServiceUnavailable });
                return response.StatusCode == HttpStatusCode.ServiceUnavailable;
            },
            "the circuit opens");
        await mine.StartAsync();
        await RoutingHost.WaitUntilAsync(
            async () =>
            {
                using var response = await SendAsync(host, ("Cookie", key));
                return response.IsSuccessStatusCode;
            },
            "the instance is tried again");

        Assert.Equal(name, await AskAsync(host, ("Cookie", key)));
        Assert.Empty(other.Requests);
    }

    // Without active health checks, which would find out, too.
    private static Task<RoutingHost> StartStickyAsync(Backend[] backends, params (string Key, string Value)[] settings) => RoutingHost.StartAsync(
        backends,
        [
            ("Services:test:HealthCheck:Active:Enabled", "false"),
            ("Services:test:Breaker:OpenFor", "00:00:01"),
            ("Services:test:SessionAffinity:Enabled", "true"),
            .. settings.Select(setting => ($"Services:test:SessionAffinity:{setting.Key}", (string?)setting.Value)),
        ]);

    private static async Task<(string Key, string Name)> GetKeyAsync(RoutingHost host, string told)
    {
        using var response = await SendAsync(host);
        return (KeyOf(response, told), await response.Content.ReadAsStringAsync(Cancellation));
    }

    private static string KeyOf(HttpResponseMessage response, string told) =>
        response.Headers.TryGetValues(told, out var values) ? values.Single().Split(';')[0] : "";

    private static async Task<string> AskAsync(RoutingHost host, params (string Name, string Value)[] headers)
    {
        using var response = await SendAsync(host, headers);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    private static async Task<HttpResponseMessage> SendAsync(RoutingHost host, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/services/test/");
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        return await host.Client.SendAsync(request, Cancellation);
    }
}
