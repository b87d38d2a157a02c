using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Gateway.Identity;

/// <summary>Refuses a configuration of routes that says who may call in a way that cannot be read; the one in force stays.</summary>
internal sealed class AccessRuleFilter : IProxyConfigFilter
{
    public ValueTask<ClusterConfig> ConfigureClusterAsync(ClusterConfig cluster, CancellationToken cancel) => new(cluster);

    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel)
    {
        AccessRule.Parse(route);
        return new(route);
    }
}
