using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using RankMyBrand.Gateway.Routing.Upstreams;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>Which requests get a second chance, and where.</summary>
public sealed class RetryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Failures => ["refuse", "break", "502", "503", "504"];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Get_ThatFailsAtOneInstance_IsAnsweredByAnother(string failure)
    {
        await using var good = await Backend.StartAsync("good");
        await using var bad = await StartBadAsync(failure);
        await using var host = await StartAsync([good, bad]);
        await RefuseAsync(bad, failure);

        for (var i = 0; i < 6; i++)
            Assert.Equal("good", await host.GetAsync("/services/test/a%20b?x=1"));

        Assert.Equal(Enumerable.Repeat("GET /a%20b?x=1", 6), good.Requests);
        Assert.All(bad.Requests, request => Assert.Equal("GET /a%20b?x=1", request));
        Assert.Equal(failure == "refuse" ? 0 : 3, bad.Requests.Count);
    }

    [Theory]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    [InlineData("DELETE")]
    [InlineData("PUT")]
    public async Task OtherIdempotentMethods_AreRepeatedToo(string method)
    {
        await using var good = await Backend.StartAsync("good");
        await using var bad = await StartBadAsync("break");
        await using var host = await StartAsync([good, bad]);

        for (var i = 0; i < 4; i++)
            Assert.Equal(HttpStatusCode.OK, await SendAsync(host, method, body: null));

        Assert.Equal(4, good.Requests.Count);
        Assert.Equal(2, bad.Requests.Count);
    }

    [Theory]
    [InlineData("POST", "break", 502)]
    [InlineData("PATCH", "break", 502)]
    [InlineData("POST", "503", 503)]
    public async Task OtherMethods_AreSentOnce(string method, string failure, int expected)
    {
        await using var good = await Backend.StartAsync("good");
        await using var bad = await StartBadAsync(failure);
        await using var host = await StartAsync([good, bad]);

        var statuses = new List<int>();
        for (var i = 0; i < 4; i++)
            statuses.Add((int)await SendAsync(host, method, "body"));

        Assert.Equal([200, 200, expected, expected], statuses.Order());
        Assert.Equal(2, good.Requests.Count);
        Assert.Equal(2, bad.Requests.Count);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PATCH")]
    [InlineData("CHARGE")]
    public async Task OtherMethods_WithoutABody_AreSentOnceToo(string method)
    {
        // It ends the connection, which it has kept open before: then the HTTP client would ask again.
        await using var backend = new RawBackend
        {
            Answer = static request => request.StartsWith("GET ", StringComparison.Ordinal) ? RawBackend.Ok("text/plain", "hello") : null,
        };
        await using var host = await StartAsync([], ("Services:test:Instances:0", backend.Address.ToString()));
        await host.GetAsync();

        // Not even of no length, as curl sends it.
        var answers = await RawClient.AnswersAsync(host.Address, $"{method} /services/test/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 502 ", Assert.Single(answers), StringComparison.Ordinal);
        var request = Assert.Single(backend.Requests, request => request.StartsWith(method, StringComparison.Ordinal));
        Assert.Equal(["0"], RawBackend.Values(request, "Content-Length"));
    }

    [Theory]
    [InlineData("Content-Length: 0\r\n", "")]
    [InlineData("Content-Length: 3\r\n", "abc")]
    [InlineData("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n")]
    public async Task Post_WhoseClientExpectsToBeAskedForItsBody_IsSentOnceToo(string header, string body)
    {
        // It reads no body, so the HTTP client would think that the request may be sent again.
        await using var backend = new RawBackend
        {
            Answer = static request => request.StartsWith("GET ", StringComparison.Ordinal) ? RawBackend.Ok("text/plain", "hello") : null,
        };
        await using var host = await StartAsync([], ("Services:test:Instances:0", backend.Address.ToString()));
        await host.GetAsync();
        await using var client = await RawClient.ConnectAsync(host.Address);

        await client.SendAsync($"POST /services/test/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n{header}\r\n{body}");

        var answer = await client.ReadAsync();
        while (answer?.StartsWith("HTTP/1.1 100 ", StringComparison.Ordinal) == true)
            answer = await client.ReadAsync();
        Assert.StartsWith("HTTP/1.1 502 ", answer, StringComparison.Ordinal);
        var request = Assert.Single(backend.Requests, request => request.StartsWith("POST", StringComparison.Ordinal));
        Assert.Empty(RawBackend.Values(request, "Expect"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_ThatNobodyHasSeen_GoesElsewhere(bool isChunked)
    {
        await using var good = await Backend.StartAsync("good", Answers.Echo);
        await using var bad = await StartBadAsync("refuse");
        await using var host = await StartAsync([good, bad]);
        await bad.StopAsync();

        for (var i = 0; i < 4; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/services/test/") { Content = new StringContent("the body") };
            request.Headers.TransferEncodingChunked = isChunked;
            using var response = await host.Client.SendAsync(request, Cancellation);
            Assert.Equal("8:the body", await response.Content.ReadAsStringAsync(Cancellation));
        }
    }

    [Fact]
    public async Task Put_WithASmallBody_ArrivesWholeAtTheOther()
    {
        var body = new string('x', 60_000);
        await using var good = await Backend.StartAsync("good", Answers.Echo);
        await using var bad = await StartBadAsync("503");
        await using var host = await StartAsync([good, bad]);

        for (var i = 0; i < 4; i++)
        {
            using var response = await host.Client.PutAsync("/services/test/", new StringContent(body, Encoding.UTF8, "text/x-own"), Cancellation);
            Assert.Equal($"60000:{body}", await response.Content.ReadAsStringAsync(Cancellation));
            Assert.Equal("text/x-own; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        }

        Assert.Equal(2, bad.Requests.Count);
    }

    [Theory]
    [InlineData(70_000, false)]
    [InlineData(10, true)]
    public async Task Put_WithALargeOrUnboundedBody_IsSentOnce(int size, bool isChunked)
    {
        await using var good = await Backend.StartAsync("good", Answers.Echo);
        await using var bad = await StartBadAsync("503");
        await using var host = await StartAsync([good, bad]);

        var statuses = new List<int>();
        for (var i = 0; i < 4; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, "/services/test/") { Content = new ByteArrayContent(new byte[size]) };
            request.Headers.TransferEncodingChunked = isChunked;
            using var response = await host.Client.SendAsync(request, Cancellation);
            statuses.Add((int)response.StatusCode);
        }

        Assert.Equal([200, 200, 503, 503], statuses.Order());
    }

    [Fact]
    public async Task Put_WithABodyOverTheConfiguredSize_IsSentOnce()
    {
        await using var good = await Backend.StartAsync("good", Answers.Echo);
        await using var bad = await StartBadAsync("503");
        await using var host = await StartAsync([good, bad], ("Services:test:Retries:MaxBodySize", "100"));

        foreach (var (size, expected) in new[] { (100, (int[])[200, 200]), (101, [200, 503]) })
        {
            var statuses = new List<int>();
            for (var i = 0; i < 2; i++)
            {
                using var response = await host.Client.PutAsync("/services/test/", new ByteArrayContent(new byte[size]), Cancellation);
                statuses.Add((int)response.StatusCode);
            }

            Assert.Equal(expected, statuses.Order());
        }
    }

    [Fact]
    public async Task Answer_ThatHasBegun_IsNeverRepeated()
    {
        var hasArrived = new TaskCompletionSource();
        await using var one = await Backend.StartAsync("one", HalfAnswerAsync);
        await using var two = await Backend.StartAsync("two", HalfAnswerAsync);
        await using var host = await StartAsync([one, two]);
        using var response = await host.Client.GetAsync("/services/test/", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await using var body = await response.Content.ReadAsStreamAsync(Cancellation);
        await body.ReadExactlyAsync(new byte[4], Cancellation);

        hasArrived.SetResult();

        await Assert.ThrowsAnyAsync<IOException>(() => body.ReadExactlyAsync(new byte[1], Cancellation).AsTask());
        Assert.Equal(1, one.Requests.Count + two.Requests.Count);

        async Task HalfAnswerAsync(HttpContext context)
        {
            context.Response.ContentLength = 100;
            await context.Response.WriteAsync("half", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await hasArrived.Task;
            context.Abort();
        }
    }

    [Fact]
    public async Task Answer_ThatIsNotTaken_LeavesNothingBehind()
    {
        var ended = new TaskCompletionSource();
        await using var good = await Backend.StartAsync("good");
        await using var bad = await Backend.StartAsync("bad", async context =>
        {
            context.Response.StatusCode = 503;
            await context.Response.Body.FlushAsync(context.RequestAborted);
            context.RequestAborted.Register(() => ended.TrySetResult());
            await Answers.Never(context);
        });
        await using var host = await StartAsync([good, bad]);

        for (var i = 0; i < 2; i++)
            Assert.Equal("good", await host.GetAsync());

        Assert.Single(bad.Requests);
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(host.Destinations().Sum(destination => destination.InFlight) == 0), "all have ended");
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    [Fact]
    public async Task Instance_ThatCannotBeReached_CostsNothingOfTheBudget()
    {
        await using var good = await Backend.StartAsync("good");
        await using var bad = await StartBadAsync("refuse");
        await using var host = await StartAsync([good, bad], ("Services:test:Retries:Budget", "0"));
        await bad.StopAsync();

        for (var i = 0; i < 4; i++)
            Assert.Equal("good", await host.GetAsync());
    }

    [Fact]
    public async Task Retries_OfMuchTraffic_MayBeMoreThanTheReserve()
    {
        await using var one = await Backend.StartAsync("one", Answers.Status(503));
        await using var two = await Backend.StartAsync("two", Answers.Status(503));
        await using var host = await StartAsync([one, two], ("Services:test:Retries:Budget", "1"), ("Services:test:Breaker:Enabled", "false"));

        for (var i = 0; i < 2 * RetryBudget.Reserve; i++)
            await host.GetStatusAsync("/services/test/");

        Assert.Equal(4 * RetryBudget.Reserve, one.Requests.Count + two.Requests.Count);
    }

    [Fact]
    public async Task InternalError_IsAnAnswer()
    {
        await using var good = await Backend.StartAsync("good", Answers.Status(500));
        await using var bad = await Backend.StartAsync("bad", Answers.Status(500));
        await using var host = await StartAsync([good, bad]);

        Assert.Equal(HttpStatusCode.InternalServerError, await host.GetStatusAsync("/services/test/"));

        Assert.Equal(1, good.Requests.Count + bad.Requests.Count);
    }

    [Fact]
    public async Task Request_ThatFailsEverywhere_IsAnsweredWithTheLastFailure()
    {
        await using var one = await Backend.StartAsync("one", Answers.Status(503));
        await using var two = await Backend.StartAsync("two", Answers.Status(503));
        await using var three = await Backend.StartAsync("three", Answers.Status(503));
        await using var host = await StartAsync([one, two, three]);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await host.GetStatusAsync("/services/test/"));

        Assert.All([one, two, three], backend => Assert.Single(backend.Requests));
    }

    [Fact]
    public async Task Attempts_None_MeansNone()
    {
        await using var good = await Backend.StartAsync("good");
        await using var bad = await StartBadAsync("503");
        await using var host = await StartAsync([good, bad], ("Services:test:Retries:Attempts", "0"));

        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 4; i++)
            statuses.Add(await host.GetStatusAsync("/services/test/"));

        Assert.Equal(2, statuses.Count(status => status == HttpStatusCode.ServiceUnavailable));
    }

    [Fact]
    public async Task Instance_FoundDeadWhileItIsAsked_LeavesTheRequestToTheOther()
    {
        var hasArrived = new TaskCompletionSource<HttpContext>();
        await using var good = await Backend.StartAsync("good");
        await using var dying = await Backend.StartAsync("dying", async context =>
        {
            hasArrived.TrySetResult(context);
            await Answers.Never(context);
        });
        await using var host = await RoutingHost.StartAsync(
            [dying], ("Services:test:HealthCheck:Active:Interval", "00:00:00.100"), ("Services:test:HealthCheck:Active:Threshold", "1"));
        var asking = host.GetAsync();
        var request = await hasArrived.Task;
        host.Configuration.Change([.. RoutingHost.Instances(dying, good)]);
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(host.Destinations().Length == 2), "the other is there");
        dying.IsHealthy = false;
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(host.Destinations().Length == 1), "the first is left out");

        request.Abort();

        Assert.Equal("good", await asking);
    }

    /// <summary>An address may stand for several instances, behind a balancer that the gateway does not see.</summary>
    [Fact]
    public async Task OnlyInstance_ThatBreaksOff_IsAskedOnceMore()
    {
        var asked = 0;
        await using var only = await Backend.StartAsync(
            "only", context => Interlocked.Increment(ref asked) == 1 ? Answers.Break(context) : context.Response.WriteAsync("fine"));
        await using var host = await StartAsync([only]);

        Assert.Equal("fine", await host.GetAsync());

        Assert.Equal(2, only.Requests.Count);
    }

    [Theory]
    [InlineData("GET", "break", 2, 502)]
    [InlineData("GET", "503", 1, 503)]
    [InlineData("POST", "break", 1, 502)]
    public async Task OnlyInstance_ThatGoesOnFailing_IsNotAskedForEver(string method, string failure, int expectedRequests, int expectedStatus)
    {
        await using var only = await StartBadAsync(failure);
        await using var host = await StartAsync([only]);

        Assert.Equal(expectedStatus, (int)await SendAsync(host, method, body: null));

        Assert.Equal(expectedRequests, only.Requests.Count);
    }

    [Fact]
    public async Task OnlyInstance_ThatBreaksOff_IsNamedInTheAnswer()
    {
        await using var only = await StartBadAsync("break");
        await using var host = await StartAsync([only]);

        var problem = await host.GetProblemAsync("/services/test/", HttpStatusCode.BadGateway, "UNAVAILABLE");

        Assert.Contains("'test' broke off", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retries_OfATrafficThatFailsAsAWhole_StayWithinTheBudget()
    {
        await using var one = await Backend.StartAsync("one", Answers.Status(503));
        await using var two = await Backend.StartAsync("two", Answers.Status(503));
        await using var host = await StartAsync([one, two], ("Services:test:Retries:Budget", "0.2"), ("Services:test:Breaker:Enabled", "false"));

        for (var i = 0; i < 300; i++)
            await host.GetStatusAsync("/services/test/");

        // The hundred that are free. Were all repeated, there would be six hundred.
        Assert.InRange(one.Requests.Count + two.Requests.Count, 400, 500);
    }

    [Fact]
    public void Budget_IsAPartOfTheRequestsOfTheLastSeconds()
    {
        var time = new ManualTimeProvider();
        var budget = new RetryBudget(time);
        for (var i = 0; i < 1000; i++)
            budget.Add();

        Assert.Equal(200, Enumerable.Range(0, 1000).Count(_ => budget.TryTake(0.2)));
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(budget.TryTake(0.2));
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(RetryBudget.Reserve, Enumerable.Range(0, 1000).Count(_ => budget.TryTake(0.2)));
    }

    [Fact]
    public void Budget_OfZero_IsNone() => Assert.False(new RetryBudget(new ManualTimeProvider()).TryTake(0));

    private static Task<RoutingHost> StartAsync(Backend[] backends, params (string Key, string? Value)[] settings) => RoutingHost.StartAsync(
        backends, [("Services:test:LoadBalancingPolicy", "RoundRobin"), ("Services:test:HealthCheck:Active:Enabled", "false"), .. settings]);

    private static Task<Backend> StartBadAsync(string failure) => Backend.StartAsync("bad", failure switch
    {
        "refuse" => null,
        "break" => Answers.Break,
        _ => Answers.Status(int.Parse(failure)),
    });

    private static Task RefuseAsync(Backend backend, string failure) => failure == "refuse" ? backend.StopAsync() : Task.CompletedTask;

    private static async Task<HttpStatusCode> SendAsync(RoutingHost host, string method, string? body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "/services/test/") { Content = body is null ? null : new StringContent(body) };
        using var response = await host.Client.SendAsync(request, Cancellation);
        return response.StatusCode;
    }
}
