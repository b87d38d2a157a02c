using RankMyBrand.Gateway.Identity;
using RankMyBrand.Gateway.RateLimits;
using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Gateway.Routing.Configuration;

/// <summary>
/// Refuses the settings of YARP's routes that this gateway has in another way, or not at all. Left in, they would be overlooked; or they
/// would count beside the gateway's own, so that an anonymous policy would open a route that asks for a scope.
/// </summary>
internal static class UnsupportedRouteSettings
{
    private static readonly (string Name, string Remedy)[] s_settings =
    [
        (nameof(RouteConfig.RouteId), "leave it out: the name of a route is that of its section"),
        (nameof(RouteConfig.AuthorizationPolicy),
            $"say who may call in the route's Metadata, as {AccessRule.ScopesKey}, {AccessRule.RolesKey} or {AccessRule.AnonymousKey}"),
        (nameof(RouteConfig.RateLimiterPolicy), $"name the limits in the route's Metadata, as {RouteLimits.Key}"),
        (nameof(RouteConfig.TimeoutPolicy), $"set {nameof(RouteConfig.Timeout)}"),
    ];

    public static void Check(IConfigurationSection route, List<string> failures)
    {
        foreach (var (name, remedy) in s_settings)
        {
            if (route[name] is { } value)
                failures.Add($"{route.Path}:{name} is '{value}'; it is not supported: {remedy}.");
        }
    }
}
