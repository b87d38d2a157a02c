namespace Aspire.Hosting.ApplicationModel;

/// <summary>A resource that runs as a container.</summary>
public class ContainerResource(string name, string? entrypoint = null)
    : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport, IComputeResource
{
    /// <summary>What to start instead of the image's own entry point.</summary>
    public string? Entrypoint { get; set; } = entrypoint;

    /// <summary>Whether the entry point is a shell that takes all arguments as one command (<c>-c "…"</c>).</summary>
    [System.Diagnostics.CodeAnalysis.Experimental("ASPIRECONTAINERSHELLEXECUTION001")]
    public bool? ShellExecution { get; set; }
}

/// <summary>A resource that runs as a process.</summary>
public class ExecutableResource
    : Resource, IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport, IComputeResource
{
    /// <summary>A process of a command in a folder.</summary>
    public ExecutableResource(string name, string command, string workingDirectory)
        : base(name)
    {
        ArgumentException.ThrowIfNullOrEmpty(command);
        ArgumentNullException.ThrowIfNull(workingDirectory);
        Annotations.Add(new ExecutableAnnotation { Command = command, WorkingDirectory = workingDirectory });
    }

    /// <summary>The program.</summary>
    public string Command => Annotation.Command;

    /// <summary>The folder in which it runs.</summary>
    public string WorkingDirectory => Annotation.WorkingDirectory;

    private ExecutableAnnotation Annotation => Annotations.OfType<ExecutableAnnotation>().Last();
}

/// <summary>A .NET project of the solution.</summary>
public class ProjectResource(string name)
    : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithServiceDiscovery, IResourceWithWaitSupport, IComputeResource,
      IContainerFilesDestinationResource;
