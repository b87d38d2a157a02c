using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Runtime;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>Injects a connection string, and its parts, under the resource's or the given name.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithConnectionString> source, string? connectionName = null,
        bool optional = false)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(source);
        var resource = source.Resource;
        var name = connectionName ?? resource.Name;
        return builder.WithRelationship(resource, RelationshipTypes.Reference).WithEnvironment(context =>
        {
            var flags = InjectionFlags(context.Resource);
            if (flags.HasFlag(ReferenceEnvironmentInjectionFlags.ConnectionString))
            {
                var variable = resource.ConnectionStringEnvironmentVariable ?? $"ConnectionStrings__{name}";
                context.EnvironmentVariables[variable] = new ConnectionStringReference(resource, optional);
            }

            if (flags.HasFlag(ReferenceEnvironmentInjectionFlags.ConnectionProperties))
            {
                foreach (var (key, value) in ConnectionPropertiesOf(resource))
                    context.EnvironmentVariables[$"{VariableName.Encode(name)}_{VariableName.Encode(key)}".ToUpperInvariant()] = value;
            }
        });
    }

    /// <summary>Injects the addresses of all endpoints for service discovery.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source)
        where TDestination : IResourceWithEnvironment => builder.ReferToEndpoints(source.Resource, null, null);

    /// <summary>Injects the addresses of all endpoints for service discovery under another name.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source, string name)
        where TDestination : IResourceWithEnvironment => builder.ReferToEndpoints(source.Resource, null, name);

    /// <summary>Injects the address of one endpoint for service discovery.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, EndpointReference endpointReference)
        where TDestination : IResourceWithEnvironment =>
        builder.ReferToEndpoints(endpointReference.Resource, endpointReference.EndpointName, null);

    /// <summary>Injects a URL for service discovery.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder, string name, Uri uri)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (!uri.IsAbsoluteUri)
            throw new InvalidOperationException($"The URI '{uri}' of the service reference '{name}' must be absolute.");
        if (uri.AbsolutePath != "/")
            throw new InvalidOperationException($"The URI '{uri}' of the service reference '{name}' must have the path '/'.");

        return builder.WithEnvironment(context =>
        {
            var flags = InjectionFlags(context.Resource);
            if (flags.HasFlag(ReferenceEnvironmentInjectionFlags.ServiceDiscovery))
                context.EnvironmentVariables[$"services__{name}__default__0"] = uri.ToString();
            if (flags.HasFlag(ReferenceEnvironmentInjectionFlags.Endpoints))
                context.EnvironmentVariables[VariableName.Encode(name)] = uri.ToString();
        });
    }

    /// <summary>Injects the URL of a service that runs elsewhere for service discovery.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<ExternalServiceResource> externalService)
        where TDestination : IResourceWithEnvironment
    {
        var service = externalService.Resource;
        var variable = VariableName.Encode(service.Name).ToUpperInvariant();
        return builder.WithRelationship(service, RelationshipTypes.Reference).WithEnvironment(async context =>
        {
            var fixedUri = service.Uri;
            var url = fixedUri?.ToString() ?? await service.UrlParameter!.GetValueAsync(context.CancellationToken);
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri))
                throw new DistributedApplicationException($"The URL of the external service '{service.Name}' is not an absolute URL: '{url}'.");

            var flags = InjectionFlags(context.Resource);
            if (flags.HasFlag(ReferenceEnvironmentInjectionFlags.ServiceDiscovery))
                context.EnvironmentVariables[$"services__{service.Name}__{uri.Scheme}__0"] = uri.ToString();
            if (flags.HasFlag(ReferenceEnvironmentInjectionFlags.Endpoints))
                context.EnvironmentVariables[fixedUri is null ? $"{variable}_{uri.Scheme.ToUpperInvariant()}" : variable] = uri.ToString();
        });
    }

    /// <summary>Chooses which variables references inject into the resource.</summary>
    public static IResourceBuilder<TDestination> WithReferenceEnvironment<TDestination>(
        this IResourceBuilder<TDestination> builder, ReferenceEnvironmentInjectionFlags flags)
        where TDestination : IResourceWithEnvironment =>
        builder.WithAnnotation(new ReferenceEnvironmentInjectionAnnotation(flags), ResourceAnnotationMutationBehavior.Replace);

    /// <summary>Adds a connection property.</summary>
    public static IResourceBuilder<T> WithConnectionProperty<T>(this IResourceBuilder<T> builder, string name, ReferenceExpression value)
        where T : IResourceWithConnectionString => builder.WithAnnotation(new ConnectionPropertyAnnotation(name, value));

    /// <summary>Adds a connection property.</summary>
    public static IResourceBuilder<T> WithConnectionProperty<T>(this IResourceBuilder<T> builder, string name, string value)
        where T : IResourceWithConnectionString => builder.WithConnectionProperty(name, ReferenceExpression.Create($"{value}"));

    /// <summary>A connection property of the resource.</summary>
    public static ReferenceExpression GetConnectionProperty(this IResourceWithConnectionString resource, string key)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return ConnectionPropertiesOf(resource).LastOrDefault(p => string.Equals(p.Key, key, StringComparison.OrdinalIgnoreCase)).Value ??
            ReferenceExpression.Empty;
    }

    /// <summary>Sends references to the resource's connection string elsewhere.</summary>
    public static IResourceBuilder<T> WithConnectionStringRedirection<T>(this IResourceBuilder<T> builder, IResourceWithConnectionString resource)
        where T : IResourceWithConnectionString =>
        builder.WithAnnotation(new ConnectionStringRedirectAnnotation(resource), ResourceAnnotationMutationBehavior.Replace);

    private static IResourceBuilder<TDestination> ReferToEndpoints<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceWithEndpoints source, string? endpointName, string? name)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(builder);
        var reference = builder.Resource.Annotations.OfType<EndpointReferenceAnnotation>().SingleOrDefault(r => ReferenceEquals(r.Resource, source));
        if (reference is null)
        {
            reference = new EndpointReferenceAnnotation(source);
            builder.WithAnnotation(reference).WithRelationship(source, RelationshipTypes.Reference);
            builder.WithEnvironment(context => ServiceDiscoveryVariables.Add(context, reference, name, InjectionFlags(context.Resource)));
        }

        if (endpointName is null)
            reference.UseAllEndpoints = true;
        else
            reference.EndpointNames.Add(endpointName);
        return builder;
    }

    private static IEnumerable<KeyValuePair<string, ReferenceExpression>> ConnectionPropertiesOf(IResourceWithConnectionString resource) =>
        resource.GetConnectionProperties().Concat(
            resource.Annotations.OfType<ConnectionPropertyAnnotation>().Select(p => KeyValuePair.Create(p.Name, p.Value)));

    private static ReferenceEnvironmentInjectionFlags InjectionFlags(IResource resource) =>
        resource.TryGetLastAnnotation<ReferenceEnvironmentInjectionAnnotation>(out var injection)
            ? injection.Flags
            : ReferenceEnvironmentInjectionFlags.All;
}
