using RankMyBrand.Gateway.Routing.Upstreams;

namespace RankMyBrand.Gateway.Routing.Services;

/// <summary>A service as it stands in <c>Services:NAME</c>.</summary>
internal sealed class ServiceSettings : UpstreamOptions
{
    /// <summary>URLs, as a list or by a name of any choice.</summary>
    public Dictionary<string, string> Instances { get; } = new(StringComparer.OrdinalIgnoreCase);

    public long? MaxRequestBodySize { get; set; }

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);
}
