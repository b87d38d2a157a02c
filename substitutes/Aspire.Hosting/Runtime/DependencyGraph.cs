using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Runtime;

/// <summary>Who needs whom.</summary>
internal static class DependencyGraph
{
    /// <exception cref="DistributedApplicationException">Resources wait for each other in a circle.</exception>
    public static void RequireAcyclic(IEnumerable<IResource> resources)
    {
        var done = new HashSet<IResource>(ReferenceEqualityComparer.Instance);
        foreach (var resource in resources)
            Visit(resource, [], done);
    }

    /// <summary>Groups resources so that each group depends only on later ones: the order in which to stop them.</summary>
    public static IReadOnlyList<IReadOnlyList<IResource>> StopOrder(IReadOnlyCollection<IResource> resources)
    {
        var depths = new Dictionary<IResource, int>(ReferenceEqualityComparer.Instance);
        return [.. resources.GroupBy(r => Depth(r, depths)).OrderByDescending(g => g.Key).Select(g => g.ToList())];
    }

    private static void Visit(IResource resource, List<IResource> path, HashSet<IResource> done)
    {
        var start = path.IndexOf(resource);
        if (start >= 0)
        {
            var circle = string.Join(" -> ", path.Skip(start).Append(resource).Select(r => $"'{r.Name}'"));
            throw new DistributedApplicationException($"These resources wait for each other, so that none of them can start: {circle}.");
        }

        if (!done.Contains(resource))
        {
            path.Add(resource);
            foreach (var wait in resource.Annotations.OfType<WaitAnnotation>())
                Visit(wait.Resource, path, done);
            path.RemoveAt(path.Count - 1);
            done.Add(resource);
        }
    }

    // References may be circular, unlike waits; a resource that is being visited counts as depth 0 then.
    private static int Depth(IResource resource, Dictionary<IResource, int> depths)
    {
        if (depths.TryGetValue(resource, out var known))
            return known;

        depths[resource] = 0;
        var depth = Needs(resource).Select(r => Depth(r, depths) + 1).DefaultIfEmpty(0).Max();
        return depths[resource] = depth;
    }

    private static IEnumerable<IResource> Needs(IResource resource)
    {
        var needs = resource.Annotations.OfType<WaitAnnotation>().Select(w => w.Resource).Concat(
            resource.Annotations.OfType<ResourceRelationshipAnnotation>().Where(r => r.Type == RelationshipTypes.Reference).Select(r => r.Resource));
        return (resource is IResourceWithParent child ? needs.Append(child.Parent) : needs).Where(r => !ReferenceEquals(r, resource));
    }
}
