namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Options of the provider that reads endpoints from configuration.</summary>
public sealed class ConfigurationServiceEndpointProviderOptions
{
    /// <summary>The section that holds the services.</summary>
    public string SectionName { get; set; } = "Services";

    /// <summary>Whether the service's name is sent as host name to an endpoint.</summary>
    public Func<ServiceEndpoint, bool> ShouldApplyHostNameMetadata { get; set; } = _ => false;
}
