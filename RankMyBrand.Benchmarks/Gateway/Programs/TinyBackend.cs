using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace RankMyBrand.Benchmarks.Gateway.Programs;

/// <summary>
/// The backend of all proxies that are compared, and the collector of their telemetry: as little as a Kestrel can do. It answers every
/// request with five bytes, and keeps WebSockets open.
/// </summary>
internal static class TinyBackend
{
    public const string Verb = "backend";

    private static readonly byte[] s_answer = "hello"u8.ToArray();

    public static async Task RunAsync(int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        await using var app = builder.Build();
        app.UseWebSockets();
        app.Run(AnswerAsync);
        await app.RunAsync();
    }

    private static Task AnswerAsync(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest)
            return KeepAsync(context);
        if (!HttpMethods.IsGet(context.Request.Method))
            return DrainAsync(context);
        context.Response.ContentType = "text/plain";
        context.Response.ContentLength = s_answer.Length;
        return context.Response.BodyWriter.WriteAsync(s_answer).AsTask();
    }

    private static async Task DrainAsync(HttpContext context) =>
        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);

    private static async Task KeepAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        try
        {
            while ((await socket.ReceiveAsync(Memory<byte>.Empty, context.RequestAborted)).MessageType is not WebSocketMessageType.Close)
            {
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The client has gone.
        }
    }
}
