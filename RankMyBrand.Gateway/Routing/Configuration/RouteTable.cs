using RankMyBrand.Gateway.Routing.Upstreams;
using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Gateway.Routing.Configuration;

/// <summary>Which requests go where, and how.</summary>
/// <param name="Upstreams">The settings of every cluster, by its id.</param>
internal sealed record RouteTable(
    IReadOnlyList<RouteConfig> Routes,
    IReadOnlyList<ClusterConfig> Clusters,
    IReadOnlyDictionary<string, UpstreamOptions> Upstreams)
{
    public static RouteTable Empty { get; } = new([], [], new Dictionary<string, UpstreamOptions>(StringComparer.OrdinalIgnoreCase));

    public RouteTable With(RouteTable other) => new(
        [.. Routes, .. other.Routes],
        [.. Clusters, .. other.Clusters],
        Upstreams.Concat(other.Upstreams).ToDictionary(StringComparer.OrdinalIgnoreCase));
}
