using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>Starts the resource only when the dependency runs, is healthy and ready.</summary>
    public static IResourceBuilder<T> WaitFor<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency)
        where T : IResourceWithWaitSupport => builder.AddWait(dependency.Resource, WaitType.WaitUntilHealthy, null, 0);

    /// <summary>Starts the resource only when the dependency runs, is healthy and ready.</summary>
    public static IResourceBuilder<T> WaitFor<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency, WaitBehavior waitBehavior)
        where T : IResourceWithWaitSupport => builder.AddWait(dependency.Resource, WaitType.WaitUntilHealthy, waitBehavior, 0);

    /// <summary>Starts the resource only when the dependency runs.</summary>
    public static IResourceBuilder<T> WaitForStart<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency)
        where T : IResourceWithWaitSupport => builder.AddWait(dependency.Resource, WaitType.WaitUntilStarted, null, 0);

    /// <summary>Starts the resource only when the dependency runs.</summary>
    public static IResourceBuilder<T> WaitForStart<T>(
        this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency, WaitBehavior waitBehavior)
        where T : IResourceWithWaitSupport => builder.AddWait(dependency.Resource, WaitType.WaitUntilStarted, waitBehavior, 0);

    /// <summary>Starts the resource only when the dependency has ended with the exit code.</summary>
    public static IResourceBuilder<T> WaitForCompletion<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency, int exitCode = 0)
        where T : IResourceWithWaitSupport
    {
        if (dependency.Resource.HasAnnotationOfType<ReplicaAnnotation>() && dependency.Resource.GetReplicaCount() > 1)
            throw new DistributedApplicationException($"Cannot wait for the completion of the resource '{dependency.Resource.Name}' because it has replicas.");
        return builder.AddWait(dependency.Resource, WaitType.WaitForCompletion, null, exitCode);
    }

    /// <summary>Leaves the start to somebody's command.</summary>
    public static IResourceBuilder<T> WithExplicitStart<T>(this IResourceBuilder<T> builder)
        where T : IResource => builder.WithAnnotation(new ExplicitStartupAnnotation(), ResourceAnnotationMutationBehavior.Replace);

    private static IResourceBuilder<T> AddWait<T>(
        this IResourceBuilder<T> builder, IResource dependency, WaitType type, WaitBehavior? behavior, int exitCode)
        where T : IResourceWithWaitSupport
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (ReferenceEquals(builder.Resource, dependency))
            throw new DistributedApplicationException($"The '{builder.Resource.Name}' resource cannot wait for itself.");
        if (builder.Resource is IResourceWithParent child && ReferenceEquals(child.Parent, dependency))
            throw new DistributedApplicationException($"The '{builder.Resource.Name}' resource cannot wait for its parent '{dependency.Name}'.");

        // A child is only as good as what it lives in.
        if (dependency is IResourceWithParent inner && type != WaitType.WaitForCompletion && !ReferenceEquals(inner.Parent, builder.Resource))
            builder.AddWait(inner.Parent, type, behavior, exitCode);

        builder.WithRelationship(dependency, RelationshipTypes.WaitFor);
        return builder.WithAnnotation(new WaitAnnotation(dependency, type, exitCode) { WaitBehavior = behavior });
    }
}
