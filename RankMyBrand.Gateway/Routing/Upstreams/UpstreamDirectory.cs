using System.Collections.Concurrent;
using RankMyBrand.Gateway.Routing.Services;

namespace RankMyBrand.Gateway.Routing.Upstreams;

/// <summary>All upstreams, by the id of their cluster.</summary>
internal sealed class UpstreamDirectory(TimeProvider time, RoutingTelemetry telemetry)
{
    private readonly ConcurrentDictionary<string, Upstream> _upstreams = new(StringComparer.OrdinalIgnoreCase);

    public Upstream Find(string clusterId) => _upstreams.GetOrAdd(clusterId, id => new Upstream(ServiceRoutes.NameOf(id), time, telemetry));

    /// <summary>Takes over the settings of a new table of routes. Requests under way keep what they have begun with.</summary>
    public void Configure(IReadOnlyDictionary<string, UpstreamOptions> upstreams)
    {
        foreach (var (id, options) in upstreams)
            Find(id).Options = options;
        foreach (var id in _upstreams.Keys.Where(id => !upstreams.ContainsKey(id)).ToArray())
            _upstreams.TryRemove(id, out _);
    }
}
