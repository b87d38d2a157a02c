using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Configuration;
using RankMyBrand.Gateway.Routing.Forwarding;
using RankMyBrand.Gateway.Routing.Services;
using RankMyBrand.Gateway.Routing.Upstreams;
using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Gateway.Routing.Configuration;

/// <summary>Reads the static routes: the section <c>ReverseProxy</c> in YARP's format, strictly, with the settings of upstreams.</summary>
internal sealed class RouteTableReader(IConfiguration configuration)
{
    public const string Section = "ReverseProxy";

    /// <exception cref="OptionsValidationException">Something is wrong; one sentence each.</exception>
    public RouteTable Read()
    {
        var failures = new List<string>();
        var section = configuration.GetSection(Section);
        foreach (var other in section.GetChildren().Where(child => !IsOneOf(child.Key, "Routes", "Clusters")))
            failures.Add($"{other.Path} is not a setting; those are Routes, Clusters.");

        var clusters = new Dictionary<string, ClusterSettings>(StringComparer.OrdinalIgnoreCase);
        foreach (var child in section.GetSection("Clusters").GetChildren())
        {
            if (ReadCluster(child, failures) is { } cluster)
                clusters.Add(child.Key, cluster);
        }

        var known = section.GetSection("Clusters").GetChildren().Select(child => child.Key).ToArray();
        var routes = section.GetSection("Routes").GetChildren()
            .Select(child => ReadRoute(child, known, failures))
            .OfType<RouteConfig>()
            .ToList();
        if (failures.Count > 0)
            throw new OptionsValidationException(Section, typeof(RouteTable), failures);
        return new RouteTable(
            routes,
            [.. clusters.Select(cluster => ClusterBuilder.Build(cluster.Key, cluster.Value, cluster.Value.Destinations))],
            clusters.ToDictionary(cluster => cluster.Key, UpstreamOptions (cluster) => cluster.Value, StringComparer.OrdinalIgnoreCase));
    }

    private static ClusterSettings? ReadCluster(IConfigurationSection section, List<string> failures)
    {
        CheckName(section, failures);
        if (StrictSection.Bind<ClusterSettings>(section, failures) is not { } cluster)
            return null;
        new UpstreamOptionsCheck(section.Path, failures).Check(cluster);
        foreach (var (id, destination) in cluster.Destinations)
        {
            var path = $"{section.Path}:Destinations:{id}";
            CheckAddress($"{path}:Address", destination.Address, failures);
            if (destination.Health is not null)
                CheckAddress($"{path}:Health", destination.Health, failures);
            if (destination.Metadata is { Count: > 0 })
                failures.Add($"{path}:Metadata is not supported; leave it out: the gateway knows none of destinations.");
        }

        return cluster;
    }

    private static RouteConfig? ReadRoute(IConfigurationSection section, string[] clusters, List<string> failures)
    {
        CheckName(section, failures);
        if (StrictSection.Bind<RouteConfig>(section, failures) is not { } route)
            return null;
        if (route.ClusterId is not { } cluster || !clusters.Contains(cluster, StringComparer.OrdinalIgnoreCase))
        {
            var remedy = clusters.Length > 0
                ? $"it must be one of the clusters, {string.Join(", ", clusters)}"
                : "there are no clusters; add one to ReverseProxy:Clusters";
            failures.Add($"{section.Path}:ClusterId is '{route.ClusterId}'; {remedy}.");
        }

        if (route.MaxRequestBodySize is < -1)
        {
            failures.Add(
                $"{section.Path}:MaxRequestBodySize is '{route.MaxRequestBodySize}'; it must be a number of bytes, or -1 for no limit.");
        }

        if (ServiceRoutes.IsLikeOne(route))
        {
            failures.Add(
                $"{section.Path}:Match:Path is '{route.Match.Path}', which is the path of a service; "
                + "give the route an Order, such as -1, to be asked before it.");
        }

        UnsupportedRouteSettings.Check(section, failures);
        return RoutePolicy.Prepare(route with { RouteId = section.Key }, section.Path, failures);
    }

    private static void CheckName(IConfigurationSection section, List<string> failures)
    {
        if (section.Key.StartsWith(ServiceRoutes.IdPrefix, StringComparison.OrdinalIgnoreCase))
            failures.Add($"{section.Path}: names that begin with '{ServiceRoutes.IdPrefix}' are those of services.");
    }

    private static void CheckAddress(string key, string? value, List<string> failures)
    {
        // A scheme like https+http lets service discovery choose.
        if (!Uri.TryCreate(value, UriKind.Absolute, out var address)
            || address.Scheme.Split('+').Any(scheme => !IsOneOf(scheme, Uri.UriSchemeHttp, Uri.UriSchemeHttps))
            || address.Host.Length == 0)
        {
            failures.Add($"{key} is '{value}'; it must be a URL such as http://host:8080.");
        }
    }

    private static bool IsOneOf(string value, params string[] known) => known.Contains(value, StringComparer.OrdinalIgnoreCase);
}
