using System.Collections.Concurrent;

namespace Microsoft.Extensions.ServiceDiscovery.Http;

/// <summary>Picks the endpoints of each authority in turn.</summary>
internal sealed class EndpointSelector(ServiceEndpointResolver resolver)
{
    // A turn is a hint, so losing all of them costs nothing: that is how the table stays bounded.
    private const int MaxAuthorities = 4096;

    private readonly ConcurrentDictionary<string, Turn> _turns = new(StringComparer.OrdinalIgnoreCase);

    public async ValueTask<ServiceEndpoint> SelectAsync(Uri uri, CancellationToken cancellationToken)
    {
        var key = $"{uri.Scheme}://{uri.Authority}";
        var source = await resolver.GetEndpointsAsync(key, cancellationToken);
        var endpoints = source.Endpoints;
        return endpoints.Count switch
        {
            0 => throw new InvalidOperationException(
                $"No endpoints were found for '{key}': configure 'Services:{uri.Host}' or reference the resource in the app host."),
            1 => endpoints[0],
            _ => endpoints[(int)(NextTurn(key) % (uint)endpoints.Count)],
        };
    }

    private uint NextTurn(string key)
    {
        if (_turns.Count > MaxAuthorities)
        {
            _turns.Clear();
        }

        return Interlocked.Increment(ref _turns.GetOrAdd(key, _ => new Turn()).Next) - 1;
    }

    private sealed class Turn
    {
        public uint Next;
    }
}
