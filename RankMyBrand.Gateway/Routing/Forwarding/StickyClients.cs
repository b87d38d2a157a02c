using Yarp.ReverseProxy.Model;
using Yarp.ReverseProxy.SessionAffinity;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>What becomes of clients that session affinity keeps at a destination which fails.</summary>
internal static class StickyClients
{
    /// <summary>
    /// Hides destinations whose circuit lets nothing pass from session affinity. It takes them for gone then, so their clients get another
    /// one for good, or 503: as the failure policy says.
    /// </summary>
    public static Task HideOpenCircuits(HttpContext context, RequestDelegate next)
    {
        var proxy = context.GetReverseProxyFeature();
        if (proxy.Cluster.Config.SessionAffinity is { Enabled: true })
        {
            var upstream = context.GetEndpoint()!.Metadata.GetMetadata<RoutePolicy>()!.Upstream;
            var all = proxy.AvailableDestinations;
            var passing = all.Where(destination => upstream.Find(destination).Breaker.MayPass).ToArray();
            // Where none is left, the answer is that all of them fail.
            if (passing.Length > 0 && passing.Length < all.Count)
                proxy.AvailableDestinations = passing;
        }

        return next(context);
    }

    /// <summary>Whether session affinity has chosen the destination, and the client is to have no other.</summary>
    public static bool IsBound(IReverseProxyFeature proxy) => proxy.AvailableDestinations is DestinationState
        && SessionAffinityConstants.FailurePolicies.Return503Error.Equals(
            proxy.Cluster.Config.SessionAffinity?.FailurePolicy, StringComparison.OrdinalIgnoreCase);
}
