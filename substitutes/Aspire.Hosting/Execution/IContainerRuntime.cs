namespace Aspire.Hosting.Execution;

/// <summary>Runs container resources: through an engine's command line, or as local server processes where there is no engine.</summary>
internal interface IContainerRuntime
{
    /// <summary>"docker", "podman" or "local".</summary>
    string Name { get; }

    /// <summary>Makes the image ready to start: pulls it, or provisions the local servers once per user.</summary>
    /// <exception cref="DistributedApplicationException">The image or the provisioning failed; the message says what to do.</exception>
    Task PrepareAsync(string image, Action<string> progress, CancellationToken cancellationToken);

    /// <summary>Starts a container and returns once its process exists (not once it is healthy).</summary>
    /// <exception cref="DistributedApplicationException">The container cannot start; the message says what to do.</exception>
    Task<Workload> StartAsync(ContainerSpec spec, Action<OutputLine> output, CancellationToken cancellationToken);

    /// <summary>The named volumes whose name starts with <paramref name="prefix"/>.</summary>
    Task<IReadOnlyList<string>> FindVolumesAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Deletes named volumes.</summary>
    Task DeleteVolumesAsync(IReadOnlyList<string> volumes, Action<string> progress, CancellationToken cancellationToken);
}

/// <summary>What to run as a container.</summary>
internal sealed record ContainerSpec
{
    /// <summary>The container's name, unique on this machine, for example <c>redis-hxkzbqvw</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The full image reference: <c>[registry/]image[:tag|@sha256:digest]</c>.</summary>
    public required string Image { get; init; }

    public string? Entrypoint { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<VolumeSpec> Volumes { get; init; } = [];

    /// <summary>The endpoints: the server must become reachable at 127.0.0.1:<c>HostPort</c>.</summary>
    public IReadOnlyList<PortSpec> Ports { get; init; } = [];

    /// <summary>Extra arguments for <c>docker run</c>; ignored by local servers.</summary>
    public IReadOnlyList<string> RuntimeArguments { get; init; } = [];

    /// <summary>The network that the application's containers share, where the runtime has networks.</summary>
    public string? Network { get; init; }

    public IReadOnlyList<string> NetworkAliases { get; init; } = [];

    /// <summary>
    /// True when the container of an engine outlives the application host: disposing of its workload leaves it running, stopping stops it.
    /// Local servers always end with the application host; what persists is their volumes.
    /// </summary>
    public bool IsPersistent { get; init; }
}

/// <param name="Source">A volume's name, an absolute host path for a bind mount, or null for an anonymous volume.</param>
internal sealed record VolumeSpec(string? Source, string Target, bool IsBindMount, bool IsReadOnly);

/// <param name="HostPort">The port on 127.0.0.1, already chosen by the caller.</param>
/// <param name="TargetPort">The port inside the container.</param>
internal sealed record PortSpec(string EndpointName, int HostPort, int TargetPort);
