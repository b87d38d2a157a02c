using System.Collections.Frozen;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace RankMyBrand.Gateway.Http;

/// <summary>Drops headers of services' answers that are the gateway's to set, for one connection only, nobody's business, or wrong.</summary>
internal sealed class BackendHeaders : ITransformProvider
{
    private static readonly FrozenSet<string> s_dropped = new[]
    {
        "Server", "X-Powered-By", "X-AspNet-Version", "X-AspNetMvc-Version", "Strict-Transport-Security", "Alt-Svc",
        "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers",
        "Access-Control-Expose-Headers", "Access-Control-Max-Age",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context) => context.AddResponseTransform(static response =>
    {
        // An answer has few headers, fewer than there are names to look for.
        foreach (var header in response.ProxyResponse?.Headers.NonValidated ?? default)
        {
            if (s_dropped.Contains(header.Key))
                response.HttpContext.Response.Headers.Remove(header.Key);
            else if (header.Key.Equals("Connection", StringComparison.OrdinalIgnoreCase))
                ConnectionOptions.Apply(response.HttpContext.Response.Headers, header.Value.ToString());
        }

        // There is no body, whatever its length is said to be. The server would miss that of a 204, and does not take that of a 205.
        if (response.HttpContext.Response.StatusCode is StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent)
        {
            response.HttpContext.Response.ContentLength = null;
            response.SuppressResponseBody = true;
        }

        return default;
    });
}
