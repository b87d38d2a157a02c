using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.ServiceDiscovery.Yarp;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Lets YARP find its destinations through service discovery.</summary>
public static class ServiceDiscoveryReverseProxyServiceCollectionExtensions
{
    /// <summary>Resolves the destinations of clusters through service discovery.</summary>
    public static IReverseProxyBuilder AddServiceDiscoveryDestinationResolver(this IReverseProxyBuilder builder)
    {
        builder.Services.AddServiceDiscoveryCore();
        builder.Services.AddSingleton<IDestinationResolver, ServiceDiscoveryDestinationResolver>();
        return builder;
    }

    /// <summary>Adds YARP's direct forwarder, resolving the hosts it forwards to.</summary>
    public static IServiceCollection AddHttpForwarderWithServiceDiscovery(this IServiceCollection services) =>
        services.AddHttpForwarder().AddServiceDiscoveryForwarderFactory();

    /// <summary>Makes the forwarder's HTTP clients resolve the hosts they call.</summary>
    public static IServiceCollection AddServiceDiscoveryForwarderFactory(this IServiceCollection services)
    {
        services.AddServiceDiscoveryCore();
        services.Replace(ServiceDescriptor.Singleton<IForwarderHttpClientFactory, ServiceDiscoveryForwarderHttpClientFactory>());
        return services;
    }
}
