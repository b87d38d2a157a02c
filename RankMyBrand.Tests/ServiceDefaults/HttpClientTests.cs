using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

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

    private static HttpClient Client(ServiceUnderTest service) => service.App.Services.GetRequiredService<IHttpClientFactory>().CreateClient();
}
