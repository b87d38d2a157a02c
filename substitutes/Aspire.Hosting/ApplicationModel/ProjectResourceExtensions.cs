namespace Aspire.Hosting.ApplicationModel;

/// <summary>Finds projects.</summary>
public static class ProjectResourceExtensions
{
    /// <summary>The resources that are projects.</summary>
    public static IEnumerable<ProjectResource> GetProjectResources(this DistributedApplicationModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Resources.OfType<ProjectResource>();
    }

    /// <summary>Where the project is.</summary>
    public static IProjectMetadata GetProjectMetadata(this ProjectResource projectResource)
    {
        ArgumentNullException.ThrowIfNull(projectResource);
        return projectResource.Annotations.OfType<IProjectMetadata>().Single();
    }
}
