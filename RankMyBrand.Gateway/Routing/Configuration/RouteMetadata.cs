using RankMyBrand.Gateway.Identity;
using RankMyBrand.Gateway.RateLimits;
using RankMyBrand.Gateway.Routing.Forwarding;

namespace RankMyBrand.Gateway.Routing.Configuration;

/// <summary>
/// The metadata that the gateway knows of a route. To YARP any will do; here a misspelt one is refused, for it would quietly leave out who
/// may call, how often, or how long that may take.
/// </summary>
internal static class RouteMetadata
{
    private static readonly string[] s_names =
    [
        AccessRule.AnonymousKey, AccessRule.RolesKey, AccessRule.ScopesKey, RouteLimits.Key, RoutePolicy.FirstByteKey, RoutePolicy.TotalKey,
    ];

    /// <param name="names">The names of the metadata of a route.</param>
    /// <param name="path">The section of the route.</param>
    /// <param name="failures">Gets a sentence for each name that is not known.</param>
    public static void CheckNames(IEnumerable<string> names, string path, List<string> failures)
    {
        foreach (var name in names.Where(name => !s_names.Contains(name, StringComparer.Ordinal)))
            failures.Add($"{path}:Metadata:{name} is not a setting; those are {string.Join(", ", s_names)}, spelt like this.");
    }
}
