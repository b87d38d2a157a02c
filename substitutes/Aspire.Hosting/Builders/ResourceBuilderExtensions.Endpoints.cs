using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>Adds an endpoint, or updates the one of that name; <paramref name="env"/> names the variable that gets the target port.</summary>
    public static IResourceBuilder<T> WithEndpoint<T>(
        this IResourceBuilder<T> builder, int? port = null, int? targetPort = null, string? scheme = null, [EndpointName] string? name = null,
        string? env = null, bool? isProxied = null, bool? isExternal = null, ProtocolType? protocol = null)
        where T : IResourceWithEndpoints
    {
        ArgumentNullException.ThrowIfNull(builder);
        var added = new EndpointAnnotation(
            protocol ?? ProtocolType.Tcp, scheme, null, name, port, targetPort, isExternal, isProxied);
        var endpoint = Existing(builder.Resource, added.Name);
        if (endpoint is null)
            builder.Resource.Annotations.Add(endpoint = added);
        else
            Update(endpoint, port, targetPort, scheme, isProxied, isExternal, protocol);

        if (env is null)
            return builder;
        if (builder.Resource is not IResourceWithEnvironment)
            throw new DistributedApplicationException($"The resource '{builder.Resource.Name}' cannot take the variable '{env}' because it has no environment.");

        var targetPortOf = new EndpointReference(builder.Resource, endpoint).Property(EndpointProperty.TargetPort);
        builder.Resource.Annotations.Add(new EnvironmentCallbackAnnotation(context => context.EnvironmentVariables[env] = targetPortOf));
        return builder;
    }

    /// <summary>As the overload with nullable proxying.</summary>
    public static IResourceBuilder<T> WithEndpoint<T>(
        this IResourceBuilder<T> builder, int? port, int? targetPort, string? scheme, [EndpointName] string? name, string? env, bool isProxied,
        bool? isExternal, ProtocolType? protocol)
        where T : IResourceWithEndpoints => builder.WithEndpoint(port, targetPort, scheme, name, env, (bool?)isProxied, isExternal, protocol);

    /// <summary>As the overload with nullable proxying, for TCP.</summary>
    public static IResourceBuilder<T> WithEndpoint<T>(
        this IResourceBuilder<T> builder, int? port, int? targetPort, string? scheme, [EndpointName] string? name, string? env, bool isProxied,
        bool? isExternal)
        where T : IResourceWithEndpoints => builder.WithEndpoint(port, targetPort, scheme, name, env, (bool?)isProxied, isExternal, null);

    /// <summary>As the full overload, for TCP.</summary>
    public static IResourceBuilder<T> WithEndpoint<T>(
        this IResourceBuilder<T> builder, int? port, int? targetPort, string? scheme, [EndpointName] string? name, string? env, bool? isProxied,
        bool? isExternal)
        where T : IResourceWithEndpoints => builder.WithEndpoint(port, targetPort, scheme, name, env, isProxied, isExternal, null);

    /// <summary>Changes an endpoint, adding it if there is none of that name.</summary>
    public static IResourceBuilder<T> WithEndpoint<T>(
        this IResourceBuilder<T> builder, [EndpointName] string endpointName, Action<EndpointAnnotation> callback, bool createIfNotExists = true)
        where T : IResourceWithEndpoints
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(endpointName);
        ArgumentNullException.ThrowIfNull(callback);
        var endpoint = Existing(builder.Resource, endpointName);
        if (endpoint is null && !createIfNotExists)
            return builder;
        if (endpoint is null)
            builder.Resource.Annotations.Add(endpoint = new EndpointAnnotation(ProtocolType.Tcp, name: endpointName));
        callback(endpoint);
        return builder;
    }

    /// <summary>Adds an HTTP endpoint.</summary>
    public static IResourceBuilder<T> WithHttpEndpoint<T>(
        this IResourceBuilder<T> builder, int? port = null, int? targetPort = null, [EndpointName] string? name = null, string? env = null,
        bool? isProxied = null)
        where T : IResourceWithEndpoints => builder.WithEndpoint(port, targetPort, "http", name, env, isProxied, null, null);

    /// <summary>As the overload with nullable proxying.</summary>
    public static IResourceBuilder<T> WithHttpEndpoint<T>(
        this IResourceBuilder<T> builder, int? port, int? targetPort, [EndpointName] string? name, string? env, bool isProxied)
        where T : IResourceWithEndpoints => builder.WithHttpEndpoint(port, targetPort, name, env, (bool?)isProxied);

    /// <summary>Adds an HTTPS endpoint.</summary>
    public static IResourceBuilder<T> WithHttpsEndpoint<T>(
        this IResourceBuilder<T> builder, int? port = null, int? targetPort = null, [EndpointName] string? name = null, string? env = null,
        bool? isProxied = null)
        where T : IResourceWithEndpoints => builder.WithEndpoint(port, targetPort, "https", name, env, isProxied, null, null);

    /// <summary>As the overload with nullable proxying.</summary>
    public static IResourceBuilder<T> WithHttpsEndpoint<T>(
        this IResourceBuilder<T> builder, int? port, int? targetPort, [EndpointName] string? name, string? env, bool isProxied)
        where T : IResourceWithEndpoints => builder.WithHttpsEndpoint(port, targetPort, name, env, (bool?)isProxied);

    /// <summary>Marks the HTTP endpoints that exist so far as meant for the outside world.</summary>
    public static IResourceBuilder<T> WithExternalHttpEndpoints<T>(this IResourceBuilder<T> builder)
        where T : IResourceWithEndpoints
    {
        ArgumentNullException.ThrowIfNull(builder);
        foreach (var endpoint in builder.Resource.Annotations.OfType<EndpointAnnotation>().Where(e => e.UriScheme is "http" or "https"))
            endpoint.IsExternal = true;
        return builder;
    }

    /// <summary>Says that the HTTP endpoints speak HTTP/2.</summary>
    public static IResourceBuilder<T> AsHttp2Service<T>(this IResourceBuilder<T> builder)
        where T : IResourceWithEndpoints
    {
        ArgumentNullException.ThrowIfNull(builder);
        foreach (var endpoint in builder.Resource.Annotations.OfType<EndpointAnnotation>().Where(e => e.UriScheme is "http" or "https"))
            endpoint.Transport = "http2";
        return builder;
    }

    /// <summary>Refers to an endpoint.</summary>
    public static EndpointReference GetEndpoint<T>(this IResourceBuilder<T> builder, [EndpointName] string name)
        where T : IResourceWithEndpoints => builder.Resource.GetEndpoint(name);

    /// <summary>Refers to an endpoint as seen on a network.</summary>
    public static EndpointReference GetEndpoint<T>(
        this IResourceBuilder<T> builder, [EndpointName] string name, NetworkIdentifier contextNetworkId)
        where T : IResourceWithEndpoints => builder.Resource.GetEndpoint(name, contextNetworkId);

    /// <summary>Adds a health check that expects a status (200) from a path (<c>/</c>) of an endpoint (that named https, then http).</summary>
    public static IResourceBuilder<T> WithHttpHealthCheck<T>(
        this IResourceBuilder<T> builder, string? path = null, int? statusCode = null, [EndpointName] string? endpointName = null)
        where T : IResourceWithEndpoints =>
        builder.WithHttpHealthCheck(endpointName is null ? null : () => builder.GetEndpoint(endpointName), path, statusCode);

    /// <summary>Adds a health check that expects a status (200) from a path (<c>/</c>) of an endpoint.</summary>
    public static IResourceBuilder<T> WithHttpHealthCheck<T>(
        this IResourceBuilder<T> builder, Func<EndpointReference>? endpointSelector, string? path = null, int? statusCode = null)
        where T : IResourceWithEndpoints
    {
        ArgumentNullException.ThrowIfNull(builder);
        var endpoint = endpointSelector is not null ? endpointSelector() : DefaultHttpEndpoint(builder.Resource);
        if (endpoint is { Exists: true, IsHttp: false, IsHttps: false })
        {
            throw new DistributedApplicationException(
                $"Could not create HTTP health check for resource '{builder.Resource.Name}' as the endpoint '{endpoint.EndpointName}' " +
                $"has the scheme '{endpoint.Scheme}' instead of http or https.");
        }

        path ??= "/";
        var expected = statusCode ?? 200;
        var key = $"{builder.Resource.Name}_{endpoint.EndpointName}_{path}_{expected}_check";
        builder.ApplicationBuilder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            key, services => new HttpEndpointHealthCheck(services.GetRequiredService<IHttpClientFactory>(), endpoint, path, expected), null, null));
        return builder.WithHealthCheck(key);
    }

    /// <summary>Adds a health check that is registered under the key.</summary>
    public static IResourceBuilder<T> WithHealthCheck<T>(this IResourceBuilder<T> builder, string key)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(key);
        if (builder.Resource.Annotations.OfType<HealthCheckAnnotation>().Any(c => c.Key == key))
            throw new DistributedApplicationException($"Resource '{builder.Resource.Name}' already has a health check with key '{key}'.");
        return builder.WithAnnotation(new HealthCheckAnnotation(key));
    }

    private static EndpointReference DefaultHttpEndpoint(IResourceWithEndpoints resource) =>
        resource.GetEndpoints().FirstOrDefault(e => string.Equals(e.EndpointName, "https", StringComparison.OrdinalIgnoreCase)) ??
        resource.GetEndpoints().FirstOrDefault(e => string.Equals(e.EndpointName, "http", StringComparison.OrdinalIgnoreCase)) ??
        throw new DistributedApplicationException(
            $"Could not create HTTP health check for resource '{resource.Name}' as it has no endpoint named http or https; add one before WithHttpHealthCheck.");

    private static EndpointAnnotation? Existing(IResource resource, string name) => resource.Annotations.OfType<EndpointAnnotation>()
        .SingleOrDefault(e => string.Equals(e.Name, name, StringComparison.OrdinalIgnoreCase));

    private static void Update(
        EndpointAnnotation endpoint, int? port, int? targetPort, string? scheme, bool? isProxied, bool? isExternal, ProtocolType? protocol)
    {
        endpoint.IsExplicitlyProxied = isProxied ?? endpoint.IsExplicitlyProxied;
        endpoint.Port = port ?? endpoint.ExplicitPort;
        endpoint.TargetPort = targetPort ?? endpoint.ExplicitTargetPort;
        endpoint.UriScheme = scheme ?? endpoint.UriScheme;
        endpoint.IsExternal = isExternal ?? endpoint.IsExternal;
        endpoint.Protocol = protocol ?? endpoint.Protocol;
    }
}
