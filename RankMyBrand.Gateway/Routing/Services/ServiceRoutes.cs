using System.Text.RegularExpressions;
using RankMyBrand.Gateway.Routing.Configuration;
using RankMyBrand.Gateway.Routing.Forwarding;
using RankMyBrand.Gateway.Routing.Upstreams;
using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Gateway.Routing.Services;

/// <summary>Makes routes of services: <c>/services/NAME/REST</c> becomes <c>/REST</c> at one of the instances.</summary>
internal static partial class ServiceRoutes
{
    public const string IdPrefix = "service:";

    /// <summary>Where all services are.</summary>
    public const string Prefix = "/services";

    public static RouteTable Build(IEnumerable<Service> services)
    {
        var (routes, clusters) = (new List<RouteConfig>(), new List<ClusterConfig>());
        var upstreams = new Dictionary<string, UpstreamOptions>(StringComparer.OrdinalIgnoreCase);
        foreach (var service in services)
        {
            var id = IdPrefix + service.Name;
            routes.Add(BuildRoute(id, service));
            clusters.Add(ClusterBuilder.Build(id, service.Options, Destinations(service)));
            upstreams.Add(id, service.Options);
        }

        return new RouteTable(routes, clusters, upstreams);
    }

    /// <summary>An instance is known by its address: another one in its place starts with a clean record.</summary>
    public static string IdOf(Uri instance) => instance.AbsoluteUri;

    /// <summary>What callers know a cluster as.</summary>
    public static string NameOf(string clusterId) =>
        clusterId.StartsWith(IdPrefix, StringComparison.OrdinalIgnoreCase) ? clusterId[IdPrefix.Length..] : clusterId;

    /// <summary>
    /// Whether a static route matches just what that of a service does, should there be one of its name: the framework could choose
    /// neither, and would answer each such request with 500.
    /// </summary>
    public static bool IsLikeOne(RouteConfig route) =>
        route is
        {
            Order: null or 0,
            Match:
            {
                Path: { } path, Hosts: null or { Count: 0 }, Methods: null or { Count: 0 }, Headers: null or { Count: 0 },
                QueryParameters: null or { Count: 0 },
            },
        }
        && Path().IsMatch(path);

    private static RouteConfig BuildRoute(string id, Service service)
    {
        var path = $"{Prefix}/{service.Name}";
        var route = new RouteConfig
        {
            RouteId = id,
            ClusterId = id,
            Match = new RouteMatch { Path = $"{path}/{{**rest}}" },
            MaxRequestBodySize = service.MaxRequestBodySize,
            Metadata = service.Metadata,
            Transforms =
            [
                Transform(("PathRemovePrefix", path)),
                // So that the service can make links that lead back here.
                Transform(("X-Forwarded", "Set"), ("Prefix", "Off")),
                Transform(("RequestHeader", "X-Forwarded-Prefix"), ("Set", path)),
            ],
        };
        return RoutePolicy.Prepare(route, path, []);
    }

    private static Dictionary<string, DestinationConfig> Destinations(Service service) =>
        service.Instances.ToDictionary(
            IdOf, instance => new DestinationConfig { Address = instance.AbsoluteUri }, StringComparer.OrdinalIgnoreCase);

    private static Dictionary<string, string> Transform(params (string Key, string Value)[] parts) =>
        parts.ToDictionary(part => part.Key, part => part.Value, StringComparer.OrdinalIgnoreCase);

    [GeneratedRegex(
        @"^/?services/[^/{}]+/\{\*\*?[^}:=?]*\}/?$", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Path();
}
