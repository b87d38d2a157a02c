using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.RateLimiting;

namespace RankMyBrand.Tests.Docs.Examples.RateLimits;

internal static class Example
{
    public static async Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddRateLimiting();                                       // the Redis of ConnectionStrings:redis
        var app = builder.Build();
        app.MapGet("/", async (HttpContext http, RateLimiter limiter, CancellationToken cancellationToken) =>
        {
            var caller = new RateLimitCaller { Ip = http.Connection.RemoteIpAddress, Route = "/" };
            using var result = await limiter.CheckAsync(
                [
                    new("caller", limiter.KeyFor("caller", caller)),
                    new("inflight", limiter.KeyFor("inflight", caller)),
                ],
                cancellationToken);
            RateLimitHeaders.Write(http.Response.Headers, result);
            return result.IsAllowed
                ? Results.Text("hello")
                : Results.Problem($"The limit '{result.RefusedBy}' is used up.", statusCode: 429);
        });
        await app.RunAsync();
    }
}
