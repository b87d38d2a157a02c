using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.ServiceDefaults;

public sealed class RedisTests
{
    // Short, so that a server that is down is noticed soon.
    private const string Impatient = ",allowAdmin=true,connectTimeout=300,connectRetry=1,syncTimeout=1000,asyncTimeout=1000";

    [Fact]
    public async Task Health_ServerStopsAndReturns_IsReportedForEachClient()
    {
        await using var redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);
        await using var service = await StartAsync(redis);
        var (up, json) = await service.GetJsonAsync("/health");
        Assert.Equal(HttpStatusCode.OK, up.StatusCode);
        Assert.Equal(
            ["self", "StackExchange.Redis", "StackExchange.Redis_cache"],
            json.GetProperty("checks").EnumerateObject().Select(check => check.Name));

        redis.Kill();

        var down = await WaitForAsync(service, HttpStatusCode.ServiceUnavailable);
        Assert.DoesNotContain("127.0.0.1", down, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await service.GetJsonAsync("/health/live")).Response.StatusCode);

        await redis.RestartAsync(TestContext.Current.CancellationToken);

        await WaitForAsync(service, HttpStatusCode.OK);
    }

    [Fact]
    public async Task Health_ServerHangs_IsUnhealthyAfterTheTimeout()
    {
        await using var redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);
        await using var service = await StartAsync(redis, ("ServiceDefaults:Health:Timeout", "00:00:00.5"));
        Assert.Equal(HttpStatusCode.OK, (await service.GetJsonAsync("/health/ready")).Response.StatusCode);

        await redis.PauseAsync(TestContext.Current.CancellationToken);
        var (ready, _) = await service.GetJsonAsync("/health/ready");
        await redis.ContinueAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
    }

    [Fact]
    public async Task Request_ServerDown_IsUnavailable()
    {
        await using var redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);
        await using var service = await StartAsync(redis);
        await service.GetJsonAsync("/health");
        redis.Kill();

        using var response = await service.Client.GetAsync(new Uri("/set", UriKind.Relative), TestContext.Current.CancellationToken);

        var json = await ServiceUnderTest.ReadJsonAsync(response);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("UNAVAILABLE", json.GetProperty("code").GetString());
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.DoesNotContain("127.0.0.1", json.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CONFIG SET maxmemory 1")]
    [InlineData("CONFIG SET min-replicas-to-write 1")]
    [InlineData("REPLICAOF 127.0.0.1 1")]
    public async Task Request_ServerTakesNoWritesNow_IsUnavailable(string command)
    {
        await using var redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);
        await using var service = await StartAsync(redis);
        await service.GetJsonAsync("/health");
        var words = command.Split(' ');
        await service.App.Services.GetRequiredService<IConnectionMultiplexer>().GetDatabase().ExecuteAsync(words[0], words[1..]);

        using var response = await service.Client.GetAsync(new Uri("/set", UriKind.Relative), TestContext.Current.CancellationToken);

        var json = await ServiceUnderTest.ReadJsonAsync(response);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("UNAVAILABLE", json.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Commands_DuringARequest_AreItsSpans()
    {
        await using var redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);
        var spans = new SpanRecorder();
        await using var service = await StartAsync(redis, spans.AddTo);
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        service.Client.DefaultRequestHeaders.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom().ToHexString()}-01");

        await service.Client.GetAsync(new Uri("/set", UriKind.Relative), TestContext.Current.CancellationToken);

        var request = await spans.WaitAsync(trace);
        var commands = spans.Spans.Where(span => span.ParentSpanId == request.SpanId).OrderBy(span => span.StartTimeUtc).ToList();
        Assert.Equal(["SET", "GET"], commands.Select(span => span.DisplayName));
        Assert.All(commands, span =>
        {
            Assert.Equal(ActivityKind.Client, span.Kind);
            Assert.Equal("redis", span.GetTagItem("db.system"));
            Assert.Equal(redis.Port, span.GetTagItem("server.port"));
            Assert.Equal(["Enqueued", "Sent", "ResponseReceived"], span.Events.Select(part => part.Name));
            Assert.InRange(span.StartTimeUtc, request.StartTimeUtc.AddMilliseconds(-50), request.StartTimeUtc + request.Duration);
        });
    }

    private static Task<ServiceUnderTest> StartAsync(RedisServer redis, params (string Key, string Value)[] settings) =>
        StartAsync(redis, _ => { }, settings);

    private static Task<ServiceUnderTest> StartAsync(
        RedisServer redis, Action<WebApplicationBuilder> configure, params (string Key, string Value)[] settings) => ServiceUnderTest.StartAsync(
        app => app.MapGet("/set", async (IConnectionMultiplexer multiplexer) =>
        {
            var database = multiplexer.GetDatabase();
            await database.StringSetAsync("key", "value");
            return (string?)await database.StringGetAsync("key");
        }),
        builder =>
        {
            builder.AddRedisClient("redis");
            builder.AddKeyedRedisClient("cache");
            configure(builder);
        },
        settings:
        [
            ("ConnectionStrings:redis", redis.EndPoint + Impatient),
            ("ConnectionStrings:cache", redis.EndPoint + Impatient),
            ("ServiceDefaults:Health:KeepFor", "00:00:00"),
            .. settings,
        ]);

    private static async Task<string> WaitForAsync(ServiceUnderTest service, HttpStatusCode expected)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            var (response, json) = await service.GetJsonAsync("/health/ready");
            if (response.StatusCode == expected)
            {
                return json.GetRawText();
            }

            await Task.Delay(100, patience.Token);
        }
    }
}
