namespace Aspire.Hosting.ApplicationModel;

/// <summary>The image of a container.</summary>
public sealed class ContainerImageAnnotation : IResourceAnnotation
{
    /// <summary>The registry, if it is not part of <see cref="Image"/>.</summary>
    public string? Registry { get; set; }

    /// <summary>The image's name.</summary>
    public required string Image { get; set; }

    /// <summary>The tag.</summary>
    public string? Tag
    {
        get;
        set
        {
            field = value;
            if (value is not null)
                SHA256 = null;
        }
    }

    /// <summary>The digest, instead of a tag.</summary>
    public string? SHA256
    {
        get;
        set
        {
            field = value;
            if (value is not null)
                Tag = null;
        }
    }
}

/// <summary>When an image is pulled.</summary>
public sealed class ContainerImagePullPolicyAnnotation : IResourceAnnotation
{
    /// <summary>The policy.</summary>
    public required ImagePullPolicy ImagePullPolicy { get; set; }
}

/// <summary>When an image is pulled.</summary>
public enum ImagePullPolicy
{
    /// <summary>As the engine does by itself.</summary>
    Default,

    /// <summary>Before every start.</summary>
    Always,

    /// <summary>When it is not there.</summary>
    Missing,

    /// <summary>Never.</summary>
    Never,
}

/// <summary>A volume or a folder that a container sees.</summary>
public sealed class ContainerMountAnnotation : IResourceAnnotation
{
    /// <summary>Mounts a volume (a null source is an anonymous one) or an absolute folder.</summary>
    public ContainerMountAnnotation(string? source, string target, ContainerMountType type, bool isReadOnly)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        if (type == ContainerMountType.BindMount)
        {
            ArgumentException.ThrowIfNullOrEmpty(source);
            if (!Path.IsPathRooted(source))
                throw new ArgumentException($"The bind mount source '{source}' must be an absolute path.", nameof(source));
        }

        if (type == ContainerMountType.Volume && string.IsNullOrEmpty(source) && isReadOnly)
            throw new ArgumentException("An anonymous volume cannot be read-only.", nameof(isReadOnly));

        (Source, Target, Type, IsReadOnly) = (source, target, type, isReadOnly);
    }

    /// <summary>The volume's name or the folder.</summary>
    public string? Source { get; }

    /// <summary>The path inside the container.</summary>
    public string Target { get; }

    /// <summary>Volume or folder.</summary>
    public ContainerMountType Type { get; }

    /// <summary>Whether the container may not write to it.</summary>
    public bool IsReadOnly { get; }
}

/// <summary>What is mounted.</summary>
public enum ContainerMountType
{
    /// <summary>A folder of this machine.</summary>
    BindMount,

    /// <summary>A volume.</summary>
    Volume,
}

/// <summary>How long a container lives.</summary>
public sealed class ContainerLifetimeAnnotation : IResourceAnnotation
{
    /// <summary>The lifetime.</summary>
    public required ContainerLifetime Lifetime { get; set; }
}

/// <summary>How long a container lives.</summary>
public enum ContainerLifetime
{
    /// <summary>As long as the application host.</summary>
    Session,

    /// <summary>Beyond it.</summary>
    Persistent,
}

/// <summary>The container's name in the engine.</summary>
public sealed class ContainerNameAnnotation : IResourceAnnotation
{
    /// <summary>The name.</summary>
    public required string Name { get; set; }
}

/// <summary>Another name of the container on its network.</summary>
public sealed class ContainerNetworkAliasAnnotation(string alias) : IResourceAnnotation
{
    /// <summary>The name.</summary>
    public string Alias { get; } = alias;

    /// <summary>The network.</summary>
    public NetworkIdentifier Network { get; set; } = KnownNetworkIdentifiers.DefaultAspireContainerNetwork;
}

/// <summary>Adds arguments for the engine's <c>run</c> command.</summary>
public sealed class ContainerRuntimeArgsCallbackAnnotation : IResourceAnnotation
{
    /// <summary>Adds them at once.</summary>
    public ContainerRuntimeArgsCallbackAnnotation(Action<IList<object>> callback) => Callback = context =>
    {
        callback(context.Args);
        return Task.CompletedTask;
    };

    /// <summary>Adds them asynchronously.</summary>
    public ContainerRuntimeArgsCallbackAnnotation(Func<ContainerRuntimeArgsCallbackContext, Task> callback) => Callback = callback;

    /// <summary>Adds the arguments.</summary>
    public Func<ContainerRuntimeArgsCallbackContext, Task> Callback { get; }
}

/// <summary>The arguments collected so far.</summary>
public sealed class ContainerRuntimeArgsCallbackContext(IList<object> args, CancellationToken cancellationToken = default)
{
    /// <summary>The arguments.</summary>
    public IList<object> Args { get; } = args;

    /// <summary>Cancels the start.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;
}

/// <summary>Whether the container's endpoints are proxied.</summary>
public sealed class ProxySupportAnnotation : IResourceAnnotation
{
    /// <summary>Whether they are.</summary>
    public required bool ProxyEnabled { get; set; }
}
