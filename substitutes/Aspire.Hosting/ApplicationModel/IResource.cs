using System.Collections;
using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A part of the distributed application: a container, a project, a parameter, …</summary>
public interface IResource
{
    /// <summary>The name, unique in the application regardless of case.</summary>
    string Name { get; }

    /// <summary>Everything that was said about the resource.</summary>
    ResourceAnnotationCollection Annotations { get; }
}

/// <summary>Something said about a resource.</summary>
public interface IResourceAnnotation;

/// <summary>The annotations of one resource, in the order in which they were added.</summary>
public sealed class ResourceAnnotationCollection : Collection<IResourceAnnotation>;

/// <summary>The base of resource types.</summary>
public abstract class Resource : IResource
{
    /// <summary>Names the resource.</summary>
    protected Resource(string name)
    {
        ModelName.Validate("Resource", name);
        Name = name;
    }

    /// <inheritdoc/>
    public virtual string Name { get; }

    /// <inheritdoc/>
    public virtual ResourceAnnotationCollection Annotations { get; } = [];

    /// <inheritdoc/>
    public override string ToString() => $"{GetType().Name} '{Name}'";
}

/// <summary>The resources of an application.</summary>
public interface IResourceCollection : IList<IResource>
{
    /// <summary>Finds a resource by its name, regardless of case.</summary>
    bool TryGetByName(string name, [NotNullWhen(true)] out IResource? resource);
}

internal sealed class ResourceCollection : Collection<IResource>, IResourceCollection
{
    public ResourceCollection()
    {
    }

    public ResourceCollection(IEnumerable<IResource> resources)
        : base([.. resources])
    {
    }

    public bool TryGetByName(string name, [NotNullWhen(true)] out IResource? resource)
    {
        resource = this.FirstOrDefault(r => string.Equals(r.Name, name, StringComparison.OrdinalIgnoreCase));
        return resource is not null;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>The resources that make up the application.</summary>
public class DistributedApplicationModel
{
    /// <summary>A model of the given resources.</summary>
    public DistributedApplicationModel(IResourceCollection resources) => Resources = resources;

    /// <summary>A model of the given resources.</summary>
    public DistributedApplicationModel(IEnumerable<IResource> resources) => Resources = new ResourceCollection(resources);

    /// <summary>The resources, in the order in which they were added.</summary>
    public IResourceCollection Resources { get; }
}

/// <summary>Marks a parameter that names part of the model.</summary>
public interface IModelNameParameter;

/// <summary>Marks a parameter that names a resource.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ResourceNameAttribute : Attribute, IModelNameParameter;

/// <summary>Marks a parameter that names an endpoint.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class EndpointNameAttribute : Attribute, IModelNameParameter;
