using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>
/// Reads <c>Services:{service}:{endpoint}</c>, a single address or a list. Without an endpoint name the section
/// <c>default</c> counts, else the first requested scheme that has one. Null schemes stand for any.
/// </summary>
internal sealed class ConfigurationServiceEndpointProvider(
    ServiceEndpointQuery query,
    IReadOnlyList<string>? schemes,
    IConfiguration configuration,
    ConfigurationServiceEndpointProviderOptions options) : IServiceEndpointProvider, IHostNameFeature
{
    private const string DefaultEndpointName = "default";

    string IHostNameFeature.HostName => query.ServiceName;

    public ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
    {
        if (endpoints.Endpoints.Count > 0)
        {
            return default;
        }

        // Taken even when the service is absent: a later reload may bring it.
        endpoints.AddChangeToken(configuration.GetReloadToken());
        var service = configuration.GetSection(options.SectionName).GetSection(query.ServiceName);
        if (SelectEndpointSection(service) is { } section)
        {
            foreach (var endpoint in BestScheme(Read(section)))
            {
                endpoints.Endpoints.Add(endpoint);
            }
        }

        return default;
    }

    public ValueTask DisposeAsync() => default;

    private IConfigurationSection? SelectEndpointSection(IConfigurationSection service)
    {
        IEnumerable<string> names = query.EndpointName is { } name ? [name] : [DefaultEndpointName, .. schemes ?? []];
        return names.Select(service.GetSection).FirstOrDefault(section => section.Exists());
    }

    private List<ServiceEndpoint> Read(IConfigurationSection section)
    {
        if (!string.IsNullOrWhiteSpace(section.Value))
        {
            return [Parse(section)];
        }

        var endpoints = new List<ServiceEndpoint>();
        foreach (var child in section.GetChildren())
        {
            endpoints.Add(int.TryParse(child.Key, out _)
                ? Parse(child)
                : throw new KeyNotFoundException(
                    $"The endpoint configuration section for service '{query.ServiceName}' endpoint '{section.Key}' has non-numeric keys."));
        }

        return endpoints;
    }

    private ServiceEndpoint Parse(IConfigurationSection section)
    {
        if (!EndpointParser.TryParse(section.Value, out var address))
        {
            throw new KeyNotFoundException(
                $"The configuration value '{section.Value}' of '{section.Path}' is not an endpoint: use a URI or host[:port].");
        }

        var endpoint = ServiceEndpoint.Create(address, new FeatureCollection());
        if (options.ShouldApplyHostNameMetadata(endpoint))
        {
            endpoint.Features.Set<IHostNameFeature>(this);
        }

        return endpoint;
    }

    // "https+http" means https when there is any and http otherwise; an address without a scheme fits every request.
    private IEnumerable<ServiceEndpoint> BestScheme(List<ServiceEndpoint> endpoints)
    {
        if (schemes is null)
        {
            return endpoints;
        }

        var ranked = endpoints.ConvertAll(endpoint => (Endpoint: endpoint, Rank: Rank(endpoint)));
        var best = ranked.Where(entry => entry.Rank >= 0).Select(entry => entry.Rank).DefaultIfEmpty(0).Min();
        return ranked.Where(entry => entry.Rank == best || entry.Endpoint.EndPoint is not UriEndPoint).Select(entry => entry.Endpoint);
    }

    private int Rank(ServiceEndpoint endpoint)
    {
        if (endpoint.EndPoint is UriEndPoint uri)
        {
            for (var i = 0; i < schemes!.Count; i++)
            {
                if (string.Equals(schemes[i], uri.Uri.Scheme, StringComparison.OrdinalIgnoreCase))
                {
                    return i;
                }
            }
        }

        return -1;
    }
}
