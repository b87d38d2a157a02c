using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>A service that runs elsewhere.</summary>
public sealed class ExternalServiceResource : Resource
{
    /// <summary>A service at a URL.</summary>
    public ExternalServiceResource(string name, Uri uri)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (Fault(uri) is { } fault)
            throw new ArgumentException($"The URL '{uri}' of the external service '{name}' is invalid: {fault}.", nameof(uri));
        Uri = uri;
    }

    /// <summary>A service at a URL that a parameter gives.</summary>
    public ExternalServiceResource(string name, ParameterResource urlParameter)
        : base(name) => UrlParameter = urlParameter ?? throw new ArgumentNullException(nameof(urlParameter));

    /// <summary>The URL, if it is known.</summary>
    public Uri? Uri { get; }

    /// <summary>The parameter that gives the URL.</summary>
    public ParameterResource? UrlParameter { get; }

    private static string? Fault(Uri uri) => uri switch
    {
        { IsAbsoluteUri: false } => "it must be absolute",
        { AbsolutePath: not "/" } => "it must end with '/' and have no path",
        { Fragment.Length: > 0 } => "it must have no fragment",
        _ => null,
    };
}

/// <summary>Adds services that run elsewhere.</summary>
public static class ExternalServiceBuilderExtensions
{
    /// <summary>Adds a service at a URL.</summary>
    public static IResourceBuilder<ExternalServiceResource> AddExternalService(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, string url) =>
        builder.AddExternalService(name, Uri.TryCreate(url, UriKind.Absolute, out var uri)
            ? uri
            : throw new ArgumentException($"The URL '{url}' of the external service '{name}' is invalid: it must be absolute.", nameof(url)));

    /// <summary>Adds a service at a URL.</summary>
    public static IResourceBuilder<ExternalServiceResource> AddExternalService(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, Uri uri) =>
        builder.AddResource(new ExternalServiceResource(name, uri)).WithInitialState(Initial);

    /// <summary>Adds a service at a URL that a parameter gives.</summary>
    public static IResourceBuilder<ExternalServiceResource> AddExternalService(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, IResourceBuilder<ParameterResource> urlParameter) =>
        builder.AddResource(new ExternalServiceResource(name, urlParameter.Resource)).WithInitialState(Initial);

    private static CustomResourceSnapshot Initial { get; } =
        new() { ResourceType = "ExternalService", Properties = [], State = KnownResourceStates.Running };
}

/// <summary>Configures resources of one's own.</summary>
public static class CustomResourceExtensions
{
    /// <summary>Sets the state that the resource is announced with.</summary>
    public static IResourceBuilder<TResource> WithInitialState<TResource>(
        this IResourceBuilder<TResource> builder, CustomResourceSnapshot initialSnapshot)
        where TResource : IResource =>
        builder.WithAnnotation(new ResourceSnapshotAnnotation(initialSnapshot), ResourceAnnotationMutationBehavior.Replace);
}
