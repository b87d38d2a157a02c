using System.Diagnostics.CodeAnalysis;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Asks resources about themselves.</summary>
public static class ResourceExtensions
{
    /// <summary>Finds the last annotation of a type.</summary>
    public static bool TryGetLastAnnotation<T>(this IResource resource, [NotNullWhen(true)] out T? annotation)
        where T : IResourceAnnotation
    {
        annotation = resource.Annotations.OfType<T>().LastOrDefault();
        return annotation is not null;
    }

    /// <summary>Finds all annotations of a type.</summary>
    public static bool TryGetAnnotationsOfType<T>(this IResource resource, [NotNullWhen(true)] out IEnumerable<T>? result)
        where T : IResourceAnnotation
    {
        var found = resource.Annotations.OfType<T>().ToArray();
        result = found.Length > 0 ? found : null;
        return found.Length > 0;
    }

    /// <summary>Whether there is an annotation of a type.</summary>
    public static bool HasAnnotationOfType<T>(this IResource resource)
        where T : IResourceAnnotation => resource.Annotations.Any(a => a is T);

    /// <summary>Finds all annotations of a type, of the resource and of those it belongs to.</summary>
    public static bool TryGetAnnotationsIncludingAncestorsOfType<T>(this IResource resource, [NotNullWhen(true)] out IEnumerable<T>? result)
        where T : IResourceAnnotation
    {
        var found = resource.SelfAndAncestors().SelectMany(r => r.Annotations.OfType<T>()).ToArray();
        result = found.Length > 0 ? found : null;
        return found.Length > 0;
    }

    /// <summary>Whether the resource or one that it belongs to has an annotation of a type.</summary>
    public static bool HasAnnotationIncludingAncestorsOfType<T>(this IResource resource)
        where T : IResourceAnnotation => resource.SelfAndAncestors().Any(r => r.HasAnnotationOfType<T>());

    /// <summary>How many instances run.</summary>
    public static int GetReplicaCount(this IResource resource) =>
        resource.TryGetLastAnnotation<ReplicaAnnotation>(out var replicas) ? replicas.Replicas : 1;

    /// <summary>Finds the endpoints.</summary>
    public static bool TryGetEndpoints(this IResource resource, [NotNullWhen(true)] out IEnumerable<EndpointAnnotation>? endpoints) =>
        resource.TryGetAnnotationsOfType(out endpoints);

    /// <summary>Finds the callbacks that set environment variables.</summary>
    public static bool TryGetEnvironmentVariables(
        this IResource resource, [NotNullWhen(true)] out IEnumerable<EnvironmentCallbackAnnotation>? environmentVariables) =>
        resource.TryGetAnnotationsOfType(out environmentVariables);

    /// <summary>Finds the URLs.</summary>
    public static bool TryGetUrls(this IResource resource, [NotNullWhen(true)] out IEnumerable<ResourceUrlAnnotation>? urls) =>
        resource.TryGetAnnotationsOfType(out urls);

    /// <summary>Finds the volumes and folders.</summary>
    public static bool TryGetContainerMounts(this IResource resource, [NotNullWhen(true)] out IEnumerable<ContainerMountAnnotation>? volumeMounts) =>
        resource.TryGetAnnotationsOfType(out volumeMounts);

    /// <summary>Finds the full image name, <c>[registry/]image[:tag]</c> or <c>…@sha256:digest</c>.</summary>
    public static bool TryGetContainerImageName(this IResource resource, [NotNullWhen(true)] out string? imageName)
    {
        imageName = null;
        if (!resource.TryGetLastAnnotation<ContainerImageAnnotation>(out var image))
            return false;

        var registry = string.IsNullOrEmpty(image.Registry) ? "" : $"{image.Registry}/";
        var version = string.IsNullOrEmpty(image.SHA256)
            ? string.IsNullOrEmpty(image.Tag) ? "" : $":{image.Tag}"
            : $"@sha256:{image.SHA256}";
        imageName = $"{registry}{image.Image}{version}";
        return true;
    }

    /// <summary>Refers to an endpoint.</summary>
    public static EndpointReference GetEndpoint(this IResourceWithEndpoints resource, string endpointName) => new(resource, endpointName);

    /// <summary>Refers to an endpoint as seen on a network.</summary>
    public static EndpointReference GetEndpoint(this IResourceWithEndpoints resource, string endpointName, NetworkIdentifier contextNetworkId) =>
        new(resource, endpointName, contextNetworkId);

    /// <summary>Refers to all endpoints.</summary>
    public static IEnumerable<EndpointReference> GetEndpoints(this IResourceWithEndpoints resource) =>
        resource.Annotations.OfType<EndpointAnnotation>().Select(e => new EndpointReference(resource, e));

    /// <summary>Refers to all endpoints as seen on a network.</summary>
    public static IEnumerable<EndpointReference> GetEndpoints(this IResourceWithEndpoints resource, NetworkIdentifier contextNetworkId) =>
        resource.Annotations.OfType<EndpointAnnotation>().Select(e => new EndpointReference(resource, e, contextNetworkId));

    /// <summary>Whether the resource is left out when publishing.</summary>
    public static bool IsExcludedFromPublish(this IResource resource) =>
        resource.TryGetLastAnnotation<ManifestPublishingCallbackAnnotation>(out var manifest) && manifest == ManifestPublishingCallbackAnnotation.Ignore;

    internal static IEnumerable<IResource> SelfAndAncestors(this IResource resource)
    {
        for (IResource? current = resource; current is not null; current = (current as IResourceWithParent)?.Parent)
            yield return current;
    }

    /// <summary>Whether the application host starts something for the resource.</summary>
    internal static bool IsExecutable(this IResource resource) => resource is ProjectResource or ExecutableResource || resource.IsContainer();
}
