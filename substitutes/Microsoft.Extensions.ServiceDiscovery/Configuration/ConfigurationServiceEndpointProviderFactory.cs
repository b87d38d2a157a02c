using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Makes the providers that read configuration.</summary>
internal sealed class ConfigurationServiceEndpointProviderFactory(
    IConfiguration configuration,
    IOptions<ConfigurationServiceEndpointProviderOptions> options,
    IOptions<ServiceDiscoveryOptions> discovery) : IServiceEndpointProviderFactory
{
    public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
    {
        var any = discovery.Value.AllowAllSchemes && query.IncludedSchemes.Count == 0;
        var schemes = any ? null : discovery.Value.ApplyAllowedSchemes(query.IncludedSchemes);
        provider = new ConfigurationServiceEndpointProvider(query, schemes, configuration, options.Value);
        return true;
    }
}
