using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Polly.CircuitBreaker;

namespace RankMyBrand.Tests.ServiceDefaults;

public sealed class HttpClientTests
{
    [Theory]
    [InlineData("GET", 2)]
    [InlineData("HEAD", 2)]
    [InlineData("POST", 1)]
    [InlineData("PUT", 1)]
    [InlineData("PATCH", 1)]
    [InlineData("DELETE", 1)]
    public async Task Client_ServerUnavailableOnce_RetriesOnlySafeMethods(string method, int expectedCalls)
    {
        var calls = 0;
        await using var callee = await ServiceUnderTest.StartAsync(app => app.Map("/", (HttpContext context) =>
        {
            context.Response.Headers.RetryAfter = "0";
            return TypedResults.StatusCode(Interlocked.Increment(ref calls) == 1 ? 503 : 200);
        }));
        await using var caller = await ServiceUnderTest.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), callee.Address);

        using var response = await Client(caller).SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(expectedCalls, calls);
        Assert.Equal(expectedCalls == 1 ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Client_ServiceByName_FindsItInConfiguration()
    {
        await using var callee = await ServiceUnderTest.StartAsync(app => app.MapGet("/hello", () => "hi"));
        await using var caller = await ServiceUnderTest.StartAsync(settings: ("services:registry:http:0", callee.Address.ToString()));

        var answer = await Client(caller).GetStringAsync(new Uri("https+http://registry/hello"), TestContext.Current.CancellationToken);

        Assert.Equal("hi", answer);
    }

    [Fact]
    public async Task Client_RetryOfANamedService_MeetsTheNextEndpoint()
    {
        await using var broken = await ServiceUnderTest.StartAsync(app => app.MapGet("/", (HttpContext context) =>
        {
            context.Response.Headers.RetryAfter = "0";
            return TypedResults.StatusCode(503);
        }));
        await using var sound = await ServiceUnderTest.StartAsync(app => app.MapGet("/", () => "sound"));
        await using var caller = await ServiceUnderTest.StartAsync(settings:
            [("services:registry:http:0", broken.Address.ToString()), ("services:registry:http:1", sound.Address.ToString())]);

        Assert.Equal("sound", await Client(caller).GetStringAsync(new Uri("http://registry/"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Client_OneServiceKeepsFailing_StillCallsTheOthers()
    {
        await using var broken = await ServiceUnderTest.StartAsync(app => app.MapPost("/", () => TypedResults.StatusCode(500)));
        await using var sound = await ServiceUnderTest.StartAsync(app => app.MapGet("/", () => "sound"));
        await using var caller = await ServiceUnderTest.StartAsync();
        var factory = caller.App.Services.GetRequiredService<IHttpClientFactory>();
        using var failing = factory.CreateClient("failing");

        // As many as the breaker wants to have seen, and until it has opened.
        await Assert.ThrowsAsync<BrokenCircuitException>(async () =>
        {
            for (var i = 0; i < 1000; i++)
            {
                using var response = await failing.PostAsync(broken.Address, null, TestContext.Current.CancellationToken);
            }
        });

        using var other = factory.CreateClient("other");
        Assert.Equal("sound", await other.GetStringAsync(sound.Address, TestContext.Current.CancellationToken));
    }

    private static HttpClient Client(ServiceUnderTest service) => service.App.Services.GetRequiredService<IHttpClientFactory>().CreateClient();
}
