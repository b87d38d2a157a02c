using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>Reaches the resources of a running application.</summary>
public static class DistributedApplicationHostingTestingExtensions
{
    /// <summary>A client whose base address is the endpoint (that named https, then that named http, when none is given).</summary>
    public static HttpClient CreateHttpClient(this DistributedApplication app, string resourceName, string? endpointName = null)
    {
        var address = app.GetEndpoint(resourceName, endpointName);
        var client = app.Services.GetRequiredService<IHttpClientFactory>().CreateClient();
        client.BaseAddress = address;
        return client;
    }

    /// <summary>The connection string of a resource.</summary>
    public static ValueTask<string?> GetConnectionStringAsync(
        this DistributedApplication app, string resourceName, CancellationToken cancellationToken = default) =>
        Resource(app, resourceName) is IResourceWithConnectionString resource
            ? resource.GetConnectionStringAsync(cancellationToken)
            : throw new ArgumentException($"Resource '{resourceName}' does not expose a connection string.", nameof(resourceName));

    /// <summary>The address of an endpoint (that named https, then that named http, when none is given).</summary>
    public static Uri GetEndpoint(this DistributedApplication app, string resourceName, string? endpointName = null) =>
        app.GetEndpointForNetwork(resourceName, null, endpointName);

    /// <summary>The address of an endpoint as seen on a network.</summary>
    public static Uri GetEndpointForNetwork(
        this DistributedApplication app, string resourceName, NetworkIdentifier? networkIdentifier, string? endpointName = null)
    {
        var resource = Resource(app, resourceName);
        var network = networkIdentifier ?? KnownNetworkIdentifiers.LocalhostNetwork;
        var endpoints = (resource as IResourceWithEndpoints)?.GetEndpoints(network).ToArray() ?? [];
        var endpoint = string.IsNullOrEmpty(endpointName) ? Named("https") ?? Named("http") : Named(endpointName);
        return endpoint is null
            ? throw new ArgumentException($"Endpoint '{endpointName ?? "http"}' for resource '{resourceName}' not found.", nameof(endpointName))
            : new Uri(endpoint.Url);

        EndpointReference? Named(string name) =>
            endpoints.FirstOrDefault(e => string.Equals(e.EndpointName, name, StringComparison.OrdinalIgnoreCase));
    }

    private static IResource Resource(DistributedApplication app, string name)
    {
        ArgumentNullException.ThrowIfNull(app);
        if (!app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.IsCancellationRequested)
            throw new InvalidOperationException("The application must be started before resources can be accessed.");
        return app.Services.GetRequiredService<DistributedApplicationModel>().Resources.TryGetByName(name, out var resource)
            ? resource
            : throw new ArgumentException($"Resource '{name}' not found.", nameof(name));
    }
}
