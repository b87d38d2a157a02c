using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace RankMyBrand.ServiceDefaults.Requests;

/// <summary>
/// Reads what nobody has read of a request's body, or ends the connection with the answer. The server does so too, but not when the
/// client has gone just then: to it, what is left of the body is the next request.
/// </summary>
internal sealed class UnreadBodyMiddleware(RequestDelegate next)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        // From HTTP/2 on, a body is in frames of its own.
        return HttpProtocol.IsHttp2(request.Protocol) || HttpProtocol.IsHttp3(request.Protocol)
            || context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true }
                ? next(context)
                : GuardAsync(context);
    }

    private async Task GuardAsync(HttpContext context)
    {
        var isRead = false;
        try
        {
            await next(context);
            isRead = await TryReadAsync(context);
        }
        finally
        {
            if (!isRead)
                context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
    }

    private static async ValueTask<bool> TryReadAsync(HttpContext context)
    {
        // A client that asks first has not sent it, and would now be told to.
        if (!context.Response.HasStarted && context.Request.Headers.Expect.Count > 0)
            return false;
        var body = context.Request.BodyReader;
        try
        {
            return TryTakeAll(body) || await TakeRestAsync(context.Response, body);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // It is broken or too slow, or the client has gone. The answer has been given, or cannot be.
            return false;
        }
    }

    // Nearly always the body has been read, or all of it is there.
    private static bool TryTakeAll(PipeReader body)
    {
        while (body.TryRead(out var part))
        {
            body.AdvanceTo(part.Buffer.End);
            if (part.IsCompleted)
                return true;
        }

        return false;
    }

    private static async ValueTask<bool> TakeRestAsync(HttpResponse response, PipeReader body)
    {
        // The caller may send the rest once it has the whole answer, or not at all.
        await response.CompleteAsync();
        using var patience = new CancellationTokenSource(s_patience);
        // A reading that its token ends is under way for ever to the server, which reads on after this.
        await using var end = patience.Token.UnsafeRegister(static body => ((PipeReader)body!).CancelPendingRead(), body);
        while (true)
        {
            var part = await body.ReadAsync(CancellationToken.None);
            body.AdvanceTo(part.Buffer.End);
            if (part.IsCompleted)
                return true;
            if (part.IsCanceled)
                return false;
        }
    }
}
