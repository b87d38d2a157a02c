using RankMyBrand.Gateway.Routing.Upstreams;
using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Gateway.Routing.Configuration;

/// <summary>A cluster as it stands in <c>ReverseProxy:Clusters</c>.</summary>
internal sealed class ClusterSettings : UpstreamOptions
{
    public Dictionary<string, DestinationConfig> Destinations { get; } = new(StringComparer.OrdinalIgnoreCase);
}
