using Microsoft.AspNetCore.Http;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>What backends of these tests do.</summary>
internal static class Answers
{
    public static RequestDelegate Status(int status) => context =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    /// <summary>Takes the request and breaks the connection.</summary>
    public static Task Break(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    /// <summary>Never answers.</summary>
    public static Task Never(HttpContext context) => Task.Delay(Timeout.Infinite, context.RequestAborted);

    /// <summary>Sends the body back, with its length in front.</summary>
    public static async Task Echo(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        context.Response.ContentType = context.Request.ContentType;
        await context.Response.WriteAsync($"{body.Length}:", context.RequestAborted);
        await context.Response.Body.WriteAsync(body.ToArray(), context.RequestAborted);
    }
}
