using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using RankMyBrand.Gateway.Connections;
using RankMyBrand.Gateway.Routing.Configuration;
using RankMyBrand.Gateway.Routing.Forwarding;
using RankMyBrand.Gateway.Routing.Services;
using RankMyBrand.Gateway.Routing.Upstreams;
using RankMyBrand.ServiceDefaults.Configuration;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.SessionAffinity;

namespace RankMyBrand.Gateway.Routing;

/// <summary>Puts routing into the gateway.</summary>
internal static class RoutingExtensions
{
    // Under every other source of configuration. YARP writes several lines a request, stacks where ours say the same in a sentence,
    // and an error with a stack for each cookie that a client has made up.
    private static readonly Dictionary<string, string?> s_logging = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Logging:LogLevel:Yarp"] = "Warning",
        ["Logging:LogLevel:Yarp.ReverseProxy.Forwarder.HttpForwarder"] = "None",
        ["Logging:LogLevel:Yarp.ReverseProxy.Health.ActiveHealthCheckMonitor"] = "Error",
        ["Logging:LogLevel:Yarp.ReverseProxy.SessionAffinity"] = "None",
    };

    /// <summary>Adds the routes of <c>ReverseProxy</c> and those to the services of an <see cref="IServiceCatalog"/>.</summary>
    public static void AddGatewayRouting(this WebApplicationBuilder builder)
    {
        builder.Configuration.AddBelowOthers(s_logging);
        var files = new ConfigurationFiles();
        files.Watch(builder.Configuration);

        var services = builder.Services;
        services.AddEdgeConnections();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(files);
        services.AddSingleton<RoutingTelemetry>();
        services.AddSingleton<UpstreamDirectory>();
        services.AddSingleton<RouteTableReader>();
        services.AddSingleton<RouteMatchCheck>();
        services.AddSingleton<RouteTableCheck>();
        services.AddSingleton<ServiceCheck>();
        services.TryAddSingleton<IServiceCatalog, ConfigurationServiceCatalog>();
        services.AddSingleton<RouteTableProvider>();
        services.AddSingleton<IProxyConfigProvider>(provider => provider.GetRequiredService<RouteTableProvider>());
        services.AddSingleton<IConfigChangeListener>(provider => provider.GetRequiredService<RouteTableProvider>());
        services.AddSingleton<RouteTableLoader>();
        services.AddSingleton<RequestForwarder>();
        services.AddHostedService(provider => provider.GetRequiredService<RouteTableLoader>());
        // Counted at the destinations, without a lock that every request takes twice.
        services.ConfigureOpenTelemetryMeterProvider(static metrics => metrics.AddView("http.server.active_requests", MetricStreamConfiguration.Drop));
        services.AddReverseProxy().AddServiceDiscoveryDestinationResolver();
        services.AddSingleton<IForwarderHttpClientFactory, ForwarderClientFactory>();
        services.RemoveAll<IAffinityFailurePolicy>();
        services.AddSingleton<IAffinityFailurePolicy>(new UnknownStickyKeys(SessionAffinityConstants.FailurePolicies.Redistribute));
        services.AddSingleton<IAffinityFailurePolicy>(new UnknownStickyKeys(SessionAffinityConstants.FailurePolicies.Return503Error));
    }

    /// <summary>Maps all routes.</summary>
    /// <exception cref="OptionsValidationException">The static routes are not valid.</exception>
    public static void MapGatewayRouting(this WebApplication app)
    {
        app.Services.GetRequiredService<RouteTableLoader>().LoadStatic();
        var upstreams = app.Services.GetRequiredService<UpstreamDirectory>();
        var forwarder = app.Services.GetRequiredService<RequestForwarder>();
        try
        {
            app.MapReverseProxy(proxy =>
            {
                proxy.Use(StickyClients.HideOpenCircuits);
                proxy.UseSessionAffinity();
                proxy.Run(forwarder.ForwardAsync);
            }).ConfigureEndpoints((endpoint, route) => endpoint.WithMetadata(new RoutePolicy(upstreams.Find(route.ClusterId!), route)));
        }
        catch (InvalidOperationException e)
        {
            throw new OptionsValidationException(RouteTableReader.Section, typeof(RouteTable), RouteTableCheck.Sentences(e));
        }

        app.MapUnknownServices();
    }
}
