using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Answers which endpoints a service has, from the registered providers, and remembers the answer until it changes.</summary>
public sealed class ServiceEndpointResolver : IAsyncDisposable
{
    private static readonly TimeSpan s_idleTime = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, ServiceEndpointWatcher> _watchers = new(StringComparer.OrdinalIgnoreCase);
    private readonly IServiceEndpointProviderFactory[] _factories;
    private readonly TimeProvider _time;
    private readonly TimeSpan _refreshPeriod;
    private bool _disposed;

    internal ServiceEndpointResolver(
        IEnumerable<IServiceEndpointProviderFactory> factories, IOptions<ServiceDiscoveryOptions> options, TimeProvider time)
    {
        // Pass-through answers everything, so it comes after whoever knows better, whatever the order of registration.
        _factories = [.. factories.OrderBy(factory => factory is PassThroughServiceEndpointProviderFactory)];
        _refreshPeriod = options.Value.RefreshPeriod;
        _time = time;
    }

    /// <summary>Returns the endpoints of a service.</summary>
    /// <exception cref="InvalidOperationException">No provider understands the name.</exception>
    public ValueTask<ServiceEndpointSource> GetEndpointsAsync(string serviceName, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(serviceName);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_watchers.TryGetValue(serviceName, out var watcher))
        {
            ForgetIdle();
            watcher = _watchers.GetOrAdd(serviceName, Watch);
        }

        return watcher.GetEndpointsAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        foreach (var (name, _) in _watchers)
        {
            if (_watchers.TryRemove(name, out var watcher))
            {
                await watcher.DisposeAsync();
            }
        }
    }

    private ServiceEndpointWatcher Watch(string serviceName)
    {
        var providers = new List<IServiceEndpointProvider>();
        if (ServiceEndpointQuery.TryParse(serviceName, out var query))
        {
            foreach (var factory in _factories)
            {
                if (factory.TryCreateProvider(query, out var provider))
                {
                    providers.Add(provider);
                }
            }
        }

        return providers.Count > 0
            ? new ServiceEndpointWatcher(providers, _time, _refreshPeriod)
            : throw new InvalidOperationException($"No provider which supports the provided service name, '{serviceName}', has been configured.");
    }

    // Clients may call any number of outside hosts; sweeping on growth bounds the cache without a timer.
    private void ForgetIdle()
    {
        foreach (var (name, watcher) in _watchers)
        {
            if (watcher.IdleFor > s_idleTime)
            {
                _watchers.TryRemove(name, out _);
            }
        }
    }
}
