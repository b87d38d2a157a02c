using Microsoft.Extensions.Options;
using RankMyBrand.Gateway.Identity;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.Gateway.Http;

/// <summary>
/// Refuses what another site's page makes a visitor's browser do with the visitor's cookies: to change something, or to open a WebSocket.
/// Browsers say where a request comes from (Sec-Fetch-Site, Origin) and no page can change that; what says nothing is no browser.
/// </summary>
internal sealed class CrossSiteMiddleware(RequestDelegate next, IOptions<CorsSettings> cors)
{
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Headers.Cookie.Count == 0 || (IsSafe(request.Method) && !IsUpgrade(context)) || IsOwn(request))
            return next(context);
        context.GetCaller().Refusal = "CrossSite";
        return Problem.WriteAsync(
            context, ProblemCode.Forbidden, "The request comes from another site's page and carries cookies; call without cookies, or have the site allowed.");
    }

    private static bool IsSafe(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || HttpMethods.IsTrace(method);

    private static bool IsUpgrade(HttpContext context) =>
        context.WebSockets.IsWebSocketRequest || HttpMethods.IsConnect(context.Request.Method) || context.Request.Headers.Upgrade.Count > 0;

    private bool IsOwn(HttpRequest request)
    {
        var (site, origin) = (request.Headers["Sec-Fetch-Site"], request.Headers.Origin);
        if (origin.Count == 1 && cors.Value.Trusts(origin[0]!))
            return true;
        if (site.Count > 0)
            return site.Count == 1 && site[0] is "same-origin" or "none";
        return origin.Count == 0 || (origin.Count == 1 && IsHost(origin[0]!, request.Host));
    }

    // The scheme may differ behind a proxy that ends TLS and does not say so.
    private static bool IsHost(string origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Authority.Equals(host.Value, StringComparison.OrdinalIgnoreCase);
}
