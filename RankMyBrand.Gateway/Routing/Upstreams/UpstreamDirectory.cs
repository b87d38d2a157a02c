using System.Collections.Concurrent;
using RankMyBrand.Gateway.Routing.Services;

namespace RankMyBrand.Gateway.Routing.Upstreams;

/// <summary>All upstreams, by the id of their cluster.</summary>
internal sealed class UpstreamDirectory
{
    private readonly TimeProvider _time;
    private readonly RoutingTelemetry _telemetry;
    private readonly ConcurrentDictionary<string, Upstream> _upstreams = new(StringComparer.OrdinalIgnoreCase);

    public UpstreamDirectory(TimeProvider time, RoutingTelemetry telemetry)
    {
        (_time, _telemetry) = (time, telemetry);
        telemetry.ShowActive(() => _upstreams.Values.SelectMany(static upstream =>
            upstream.Destinations.Select(destination => (upstream.Name, destination))));
    }

    public Upstream Find(string clusterId) => _upstreams.GetOrAdd(clusterId, id => new Upstream(ServiceRoutes.NameOf(id), _time, _telemetry));

    /// <summary>Takes over the settings of a new table of routes. Requests under way keep what they have begun with.</summary>
    public void Configure(IReadOnlyDictionary<string, UpstreamOptions> upstreams)
    {
        foreach (var (id, options) in upstreams)
            Find(id).Options = options;
        foreach (var id in _upstreams.Keys.Where(id => !upstreams.ContainsKey(id)).ToArray())
            _upstreams.TryRemove(id, out _);
    }
}
