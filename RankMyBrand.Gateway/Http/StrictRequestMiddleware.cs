using Microsoft.AspNetCore.Http.Features;
using RankMyBrand.Gateway.Identity;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.Gateway.Http;

/// <summary>
/// Refuses requests that two servers could read in two ways, as smuggling needs them, and those that no service could be sent; the
/// server underneath takes more than is safe in front of others. Also cleans the headers of what a client must not say.
/// </summary>
internal sealed class StrictRequestMiddleware(RequestDelegate next)
{
    private const string KestrelsContentLength = "X-Content-Length";

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (HasTwoLengths(request))
            return RefuseAsync(context, "The request tells its length in a way that can be read differently; send either Content-Length or 'Transfer-Encoding: chunked'.");
        if (HasConnectionHeaders(request))
            return RefuseAsync(context, "The request has headers of a connection of HTTP/1, which HTTP/2 and later do not have.");
        if (!IsTarget(context))
            return RefuseAsync(context, "The URL has control characters or spaces in it; send them percent-encoded.");
        if (!IsHost(request))
            return RefuseAsync(context, "The Host header is empty, or its port is no port.");
        if (HttpMethods.IsTrace(request.Method) || (HttpMethods.IsConnect(request.Method) && !IsWebSocket(context)))
            return RefuseAsync(context, $"The method {request.Method} is not available here.", StatusCodes.Status405MethodNotAllowed);
        if (request.Headers.Expect.Count > 0 && !request.Headers.Expect.ToString().Equals("100-continue", StringComparison.OrdinalIgnoreCase))
            return RefuseAsync(context, "The only expectation that can be met is 100-continue.", StatusCodes.Status417ExpectationFailed);
        return ClientHeaders.Clean(request.Headers) is { } bad
            ? RefuseAsync(context, $"The header '{bad}' has characters other than visible ASCII, or a name that is none.")
            : next(context);
    }

    // Only of HTTP/1; the framing of HTTP/2 knows no such headers. The server keeps a Content-Length beside a Transfer-Encoding under another name.
    private static bool HasTwoLengths(HttpRequest request)
    {
        var encoding = request.Headers.TransferEncoding;
        return encoding.Count > 0
            && (encoding.Count > 1
                || !string.Equals(encoding[0], "chunked", StringComparison.OrdinalIgnoreCase)
                || request.Headers.ContainsKey(KestrelsContentLength)
                || request.ContentLength is not null
                || request.Protocol == HttpProtocol.Http10);
    }

    // RFC 9113, 8.2.2: malformed. The server itself minds only Connection and TE.
    private static bool HasConnectionHeaders(HttpRequest request) =>
        !HttpProtocol.IsHttp11(request.Protocol) && !HttpProtocol.IsHttp10(request.Protocol)
        && (request.Headers.TransferEncoding.Count | request.Headers.Upgrade.Count | request.Headers.KeepAlive.Count | request.Headers["Proxy-Connection"].Count) > 0;

    // Between the parts of a request line, some servers take any white space for the one space that is allowed.
    private static bool IsTarget(HttpContext context) =>
        context.Features.Get<IHttpRequestFeature>() is not { RawTarget: var target } || !target.AsSpan().ContainsAnyExceptInRange('!', '~');

    private static bool IsHost(HttpRequest request)
    {
        var host = request.Headers.Host;
        if (host.Count == 0)
            return true;                                                 // HTTP/1.0 may do without
        var text = host[0].AsSpan();
        var hasPort = text.LastIndexOf(':') > text.LastIndexOf(']');      // the colons of an IPv6 address are in brackets
        return text.Length > 0 && (!hasPort || request.Host.Port is > 0 and <= 65535);
    }

    private static bool IsWebSocket(HttpContext context) => context.Features.Get<IHttpExtendedConnectFeature>() is { Protocol: "websocket" };

    private static Task RefuseAsync(HttpContext context, string detail, int status = StatusCodes.Status400BadRequest)
    {
        context.GetCaller().Refusal = "NotStrict";
        // What follows on the connection is as doubtful.
        if (HttpProtocol.IsHttp11(context.Request.Protocol))
            context.Response.Headers.Connection = "close";
        return Problem.WriteAsync(context, ProblemCode.Validation, detail, status);
    }
}
