using System.Security.Cryptography;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The identities of a resource's running instances.</summary>
internal sealed class ResourceInstances(IReadOnlyList<string> ids) : IResourceAnnotation
{
    public IReadOnlyList<string> Ids { get; } = ids;

    /// <summary>The ids of the instances; the resource's name when it has none of its own.</summary>
    public static IReadOnlyList<string> IdsOf(IResource resource) =>
        resource.TryGetLastAnnotation<ResourceInstances>(out var instances) ? instances.Ids : [resource.Name];

    /// <summary>Gives every instance of the resource an id of its own.</summary>
    public static void Assign(IResource resource, string? fixedId = null)
    {
        if (resource.HasAnnotationOfType<ResourceInstances>())
            return;

        var count = Math.Max(1, resource.GetReplicaCount());
        resource.Annotations.Add(new ResourceInstances(
            [.. Enumerable.Range(0, count).Select(_ => fixedId ?? $"{resource.Name}-{Suffix()}")]));
    }

    private static string Suffix() => RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyz", 8);
}
