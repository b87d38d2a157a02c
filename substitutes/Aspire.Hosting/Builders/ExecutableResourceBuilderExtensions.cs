using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Adds and configures processes.</summary>
public static class ExecutableResourceBuilderExtensions
{
    /// <summary>Adds a process; a relative folder is relative to the application host's.</summary>
    public static IResourceBuilder<ExecutableResource> AddExecutable(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, string command, string workingDirectory, params string[]? args) =>
        builder.AddExecutable(name, command, workingDirectory, (object[]?)args);

    /// <summary>Adds a process with arguments that may be value providers.</summary>
    public static IResourceBuilder<ExecutableResource> AddExecutable(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, string command, string workingDirectory, params object[]? args)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(command);
        ArgumentNullException.ThrowIfNull(workingDirectory);
        var executable = builder.AddResource(
            new ExecutableResource(name, command, Path.GetFullPath(workingDirectory, builder.AppHostDirectory)));
        return args is { Length: > 0 } ? executable.WithArgs(args) : executable;
    }

    /// <summary>Sets the program.</summary>
    public static IResourceBuilder<T> WithCommand<T>(this IResourceBuilder<T> builder, string command)
        where T : ExecutableResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(command);
        return builder.Change(a => a.Command = command);
    }

    /// <summary>Sets the folder.</summary>
    public static IResourceBuilder<T> WithWorkingDirectory<T>(this IResourceBuilder<T> builder, string workingDirectory)
        where T : ExecutableResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(workingDirectory);
        return builder.Change(a => a.WorkingDirectory = Path.GetFullPath(workingDirectory, builder.ApplicationBuilder.AppHostDirectory));
    }

    private static IResourceBuilder<T> Change<T>(this IResourceBuilder<T> builder, Action<ExecutableAnnotation> change)
        where T : ExecutableResource
    {
        change(builder.Resource.Annotations.OfType<ExecutableAnnotation>().Last());
        return builder;
    }
}

/// <summary>Finds processes.</summary>
public static class ExecutableResourceExtensions
{
    /// <summary>The resources that run as processes.</summary>
    public static IEnumerable<ExecutableResource> GetExecutableResources(this DistributedApplicationModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Resources.OfType<ExecutableResource>();
    }
}
