using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace RankMyBrand.Gateway.Http;

/// <summary>Drops headers of services' answers that are the gateway's to set, or nobody's business.</summary>
internal sealed class BackendHeaders : ITransformProvider
{
    private static readonly string[] s_dropped =
    [
        "Server", "X-Powered-By", "X-AspNet-Version", "X-AspNetMvc-Version", "Strict-Transport-Security", "Alt-Svc",
        "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers",
        "Access-Control-Expose-Headers", "Access-Control-Max-Age",
    ];

    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context) => context.AddResponseTransform(static response =>
    {
        var headers = response.HttpContext.Response.Headers;
        foreach (var name in s_dropped)
            headers.Remove(name);
        return default;
    });
}
