using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Gateway.Identity;

/// <summary>Refuses a configuration of routes that says who may call in a way that cannot be read; the one in force stays.</summary>
internal sealed class AccessRuleFilter : IProxyConfigFilter
{
    private static readonly string[] s_names = [AccessRule.ScopesKey, AccessRule.RolesKey, AccessRule.AnonymousKey];

    public ValueTask<ClusterConfig> ConfigureClusterAsync(ClusterConfig cluster, CancellationToken cancel) => new(cluster);

    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel)
    {
        // Another letter case, or one letter less, would leave the rule out without a word.
        foreach (var key in route.Metadata?.Keys ?? [])
        {
            if (!s_names.Contains(key, StringComparer.Ordinal) && s_names.FirstOrDefault(name => IsMeant(key, name)) is { } meant)
                throw new ArgumentException($"Route '{route.RouteId}': Metadata:{key} is not known; did you mean {meant}?");
        }

        AccessRule.Parse(route);
        return new(route);
    }

    private static bool IsMeant(string key, string name) =>
        key.Equals(name, StringComparison.OrdinalIgnoreCase) || key.Equals(name.TrimEnd('s'), StringComparison.OrdinalIgnoreCase);
}
