using RankMyBrand.Foundation.RateLimiting;
using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Gateway.RateLimits;

/// <summary>Refuses a configuration of routes that names limits there are not; the one in force stays.</summary>
internal sealed class RouteLimitsFilter(RateLimiter limiter) : IProxyConfigFilter
{
    public ValueTask<ClusterConfig> ConfigureClusterAsync(ClusterConfig cluster, CancellationToken cancel) => new(cluster);

    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel)
    {
        foreach (var limit in RouteLimits.Parse(route).Limits ?? [])
        {
            if (!limiter.HasPolicy(limit.Policy))
            {
                throw new ArgumentException(
                    $"Route '{route.RouteId}': Metadata:{RouteLimits.Key} names '{limit.Policy}'; add it under "
                    + $"{RateLimitsOptions.Section}:Policies.");
            }
        }

        return new(route);
    }
}
