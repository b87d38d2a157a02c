using Microsoft.Extensions.Primitives;
using RankMyBrand.Gateway.Routing.Upstreams;
using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Gateway.Routing.Configuration;

/// <summary>Hands the table of routes to YARP, and tells when YARP has taken it over.</summary>
internal sealed class RouteTableProvider(UpstreamDirectory upstreams) : IProxyConfigProvider, IConfigChangeListener
{
    private readonly Lock _lock = new();
    private Snapshot _current = new(RouteTable.Empty);
    private Snapshot? _fetched;

    public IProxyConfig GetConfig()
    {
        lock (_lock)
            return _fetched = _current;
    }

    /// <summary>Puts a table into force. It must have been checked, and the one before be in force.</summary>
    /// <returns>Done when YARP has taken it over; failed when YARP has refused it.</returns>
    public Task PublishAsync(RouteTable table)
    {
        var next = new Snapshot(table);
        Snapshot previous;
        lock (_lock)
        {
            previous = _current;
            _current = next;
        }

        upstreams.Configure(table.Upstreams);
        previous.SetReplaced();
        return next.Applied;
    }

    public void ConfigurationLoaded(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
    }

    public void ConfigurationApplied(IReadOnlyList<IProxyConfig> proxyConfigs) => Fetched()?.SetApplied();

    public void ConfigurationApplyingFailed(IReadOnlyList<IProxyConfig> proxyConfigs, Exception exception) =>
        Fetched()?.SetRefused(exception);

    public void ConfigurationLoadingFailed(IProxyConfigProvider configProvider, Exception exception) => Fetched()?.SetRefused(exception);

    private Snapshot? Fetched()
    {
        lock (_lock)
            return _fetched;
    }

    private sealed class Snapshot(RouteTable table) : IProxyConfig
    {
        private readonly ConfigurationReloadToken _replaced = new();
        private readonly TaskCompletionSource _applied = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<RouteConfig> Routes => table.Routes;

        public IReadOnlyList<ClusterConfig> Clusters => table.Clusters;

        public IChangeToken ChangeToken => _replaced;

        public Task Applied => _applied.Task;

        public void SetApplied() => _applied.TrySetResult();

        public void SetRefused(Exception reason) => _applied.TrySetException(reason);

        public void SetReplaced() => _replaced.OnReload();
    }
}
