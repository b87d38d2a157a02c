using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Microsoft.Extensions.ServiceDiscovery.Yarp;

/// <summary>Replaces every destination of a cluster by one destination per resolved endpoint.</summary>
internal sealed class ServiceDiscoveryDestinationResolver(ServiceEndpointResolver resolver, IOptions<ServiceDiscoveryOptions> options)
    : IDestinationResolver
{
    public async ValueTask<ResolvedDestinationCollection> ResolveDestinationsAsync(
        IReadOnlyDictionary<string, DestinationConfig> destinations, CancellationToken cancellationToken)
    {
        var resolved = new Dictionary<string, DestinationConfig>(StringComparer.OrdinalIgnoreCase);
        var changes = new List<IChangeToken>(destinations.Count);
        foreach (var (name, destination) in destinations)
        {
            var address = new Uri(destination.Address);
            var source = await resolver.GetEndpointsAsync(address.GetLeftPart(UriPartial.Authority), cancellationToken);
            changes.Add(source.ChangeToken);
            foreach (var endpoint in source.Endpoints.Select(endpoint => endpoint.ToString()!))
            {
                resolved[$"{name}[{endpoint}]"] = Resolve(destination, address, endpoint);
            }
        }

        return new ResolvedDestinationCollection(resolved, new CompositeChangeToken(changes));
    }

    private DestinationConfig Resolve(DestinationConfig destination, Uri address, string endpoint)
    {
        var target = new Uri(endpoint.Contains("://", StringComparison.Ordinal) ? endpoint : $"{FirstAllowedScheme(address)}://{endpoint}");
        var resolved = new UriBuilder(address) { Scheme = target.Scheme, Host = target.Host, Port = target.Port };
        var health = string.IsNullOrEmpty(destination.Health)
            ? null
            : new UriBuilder(destination.Health) { Host = target.Host, Port = target.Port };
        return destination with { Address = resolved.Uri.ToString(), Health = health?.Uri.ToString() ?? destination.Health };
    }

    private string FirstAllowedScheme(Uri address)
    {
        if (!address.Scheme.Contains('+', StringComparison.Ordinal))
        {
            return address.Scheme;
        }

        return options.Value.ApplyAllowedSchemes(address.Scheme.Split('+')) is [var scheme, ..]
            ? scheme
            : throw new InvalidOperationException($"None of the schemes of '{address}' is allowed by ServiceDiscoveryOptions.AllowedSchemes.");
    }
}
