using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Adds and configures containers.</summary>
public static class ContainerResourceBuilderExtensions
{
    /// <summary>Adds a container of an image; <c>latest</c> if the image has no tag.</summary>
    public static IResourceBuilder<ContainerResource> AddContainer(this IDistributedApplicationBuilder builder, [ResourceName] string name, string image) =>
        builder.AddResource(new ContainerResource(name)).WithImage(image);

    /// <summary>Adds a container of an image and a tag.</summary>
    public static IResourceBuilder<ContainerResource> AddContainer(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, string image, string tag) =>
        builder.AddResource(new ContainerResource(name)).WithImage(image, tag);

    /// <summary>Sets the image; without a tag it becomes <c>latest</c>.</summary>
    public static IResourceBuilder<T> WithImage<T>(this IResourceBuilder<T> builder, string image, string? tag = null)
        where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        var parsed = ImageReference.Parse(image);
        if (tag is not null && (parsed.Tag is not null || parsed.Digest is not null))
        {
            throw new InvalidOperationException(
                $"Ambiguous tags - a tag was provided on both the '{nameof(tag)}' and '{nameof(image)}' parameters: '{tag}' and '{parsed.Tag ?? parsed.Digest}'.");
        }

        var annotation = builder.Resource.Annotations.OfType<ContainerImageAnnotation>().LastOrDefault();
        if (annotation is null)
            builder.Resource.Annotations.Add(annotation = new ContainerImageAnnotation { Image = parsed.Name });

        annotation.Image = parsed.Name;
        if (parsed.Digest is not null)
            annotation.SHA256 = parsed.Digest;
        else
            annotation.Tag = tag ?? parsed.Tag ?? "latest";
        return builder;
    }

    /// <summary>Sets the image's tag.</summary>
    public static IResourceBuilder<T> WithImageTag<T>(this IResourceBuilder<T> builder, string tag)
        where T : ContainerResource => builder.ChangeImage(image => image.Tag = tag);

    /// <summary>Sets the image's registry.</summary>
    public static IResourceBuilder<T> WithImageRegistry<T>(this IResourceBuilder<T> builder, string? registry)
        where T : ContainerResource => builder.ChangeImage(image => image.Registry = registry);

    /// <summary>Sets the image's digest instead of a tag.</summary>
    public static IResourceBuilder<T> WithImageSHA256<T>(this IResourceBuilder<T> builder, string sha256)
        where T : ContainerResource => builder.ChangeImage(image => image.SHA256 = sha256);

    /// <summary>Sets when the image is pulled.</summary>
    public static IResourceBuilder<T> WithImagePullPolicy<T>(this IResourceBuilder<T> builder, ImagePullPolicy pullPolicy)
        where T : ContainerResource =>
        builder.WithAnnotation(new ContainerImagePullPolicyAnnotation { ImagePullPolicy = pullPolicy }, ResourceAnnotationMutationBehavior.Replace);

    /// <summary>Mounts a named volume.</summary>
    public static IResourceBuilder<T> WithVolume<T>(this IResourceBuilder<T> builder, string? name, string target, bool isReadOnly = false)
        where T : ContainerResource =>
        builder.WithAnnotation(new ContainerMountAnnotation(name, target, ContainerMountType.Volume, isReadOnly));

    /// <summary>Mounts an anonymous volume.</summary>
    public static IResourceBuilder<T> WithVolume<T>(this IResourceBuilder<T> builder, string target)
        where T : ContainerResource =>
        builder.WithAnnotation(new ContainerMountAnnotation(null, target, ContainerMountType.Volume, isReadOnly: false));

    /// <summary>Mounts a folder or file; a relative source is relative to the application host's folder.</summary>
    public static IResourceBuilder<T> WithBindMount<T>(this IResourceBuilder<T> builder, string source, string target, bool isReadOnly = false)
        where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(source);
        var fullSource = Path.GetFullPath(source, builder.ApplicationBuilder.AppHostDirectory);
        return builder.WithAnnotation(new ContainerMountAnnotation(fullSource, target, ContainerMountType.BindMount, isReadOnly));
    }

    /// <summary>Sets what is started instead of the image's own entry point.</summary>
    public static IResourceBuilder<T> WithEntrypoint<T>(this IResourceBuilder<T> builder, string entrypoint)
        where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Resource.Entrypoint = entrypoint;
        return builder;
    }

    /// <summary>Sets the container's name in the engine.</summary>
    public static IResourceBuilder<T> WithContainerName<T>(this IResourceBuilder<T> builder, string name)
        where T : ContainerResource =>
        builder.WithAnnotation(new ContainerNameAnnotation { Name = name }, ResourceAnnotationMutationBehavior.Replace);

    /// <summary>Adds a name of the container on its network.</summary>
    public static IResourceBuilder<T> WithContainerNetworkAlias<T>(this IResourceBuilder<T> builder, string alias)
        where T : ContainerResource => builder.WithAnnotation(new ContainerNetworkAliasAnnotation(alias));

    /// <summary>Adds arguments of the engine's <c>run</c> command.</summary>
    public static IResourceBuilder<T> WithContainerRuntimeArgs<T>(this IResourceBuilder<T> builder, params string[] args)
        where T : ContainerResource => builder.WithContainerRuntimeArgs(context =>
        {
            foreach (var arg in args)
                context.Args.Add(arg);
        });

    /// <summary>Adds arguments of the engine's <c>run</c> command.</summary>
    public static IResourceBuilder<T> WithContainerRuntimeArgs<T>(
        this IResourceBuilder<T> builder, Action<ContainerRuntimeArgsCallbackContext> callback)
        where T : ContainerResource => builder.WithContainerRuntimeArgs(context =>
        {
            callback(context);
            return Task.CompletedTask;
        });

    /// <summary>Adds arguments of the engine's <c>run</c> command.</summary>
    public static IResourceBuilder<T> WithContainerRuntimeArgs<T>(
        this IResourceBuilder<T> builder, Func<ContainerRuntimeArgsCallbackContext, Task> callback)
        where T : ContainerResource => builder.WithAnnotation(new ContainerRuntimeArgsCallbackAnnotation(callback));

    /// <summary>Sets how long the container lives.</summary>
    public static IResourceBuilder<T> WithLifetime<T>(this IResourceBuilder<T> builder, ContainerLifetime lifetime)
        where T : ContainerResource =>
        builder.WithAnnotation(new ContainerLifetimeAnnotation { Lifetime = lifetime }, ResourceAnnotationMutationBehavior.Replace);

    /// <summary>Sets whether the container's endpoints are proxied.</summary>
    public static IResourceBuilder<T> WithEndpointProxySupport<T>(this IResourceBuilder<T> builder, bool proxyEnabled)
        where T : ContainerResource =>
        builder.WithAnnotation(new ProxySupportAnnotation { ProxyEnabled = proxyEnabled }, ResourceAnnotationMutationBehavior.Replace);

    /// <summary>Publishes the resource as a container.</summary>
    public static IResourceBuilder<T> PublishAsContainer<T>(this IResourceBuilder<T> builder)
        where T : ContainerResource => builder;

    private static IResourceBuilder<T> ChangeImage<T>(this IResourceBuilder<T> builder, Action<ContainerImageAnnotation> change)
        where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!builder.Resource.TryGetLastAnnotation<ContainerImageAnnotation>(out var image))
            throw new InvalidOperationException($"The resource '{builder.Resource.Name}' has no container image; call WithImage first.");
        change(image);
        return builder;
    }
}

/// <summary>Finds containers.</summary>
public static class ContainerResourceExtensions
{
    /// <summary>The resources that run as containers.</summary>
    public static IEnumerable<IResource> GetContainerResources(this DistributedApplicationModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Resources.Where(IsContainer);
    }

    /// <summary>Whether the resource runs as a container.</summary>
    public static bool IsContainer(this IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return resource.HasAnnotationOfType<ContainerImageAnnotation>();
    }
}

internal readonly record struct ImageReference(string Name, string? Tag, string? Digest)
{
    public static ImageReference Parse(string image)
    {
        ArgumentException.ThrowIfNullOrEmpty(image);
        const string DigestMark = "@sha256:";
        var digest = image.IndexOf(DigestMark, StringComparison.Ordinal);
        if (digest >= 0)
            return new ImageReference(image[..digest], null, image[(digest + DigestMark.Length)..]);

        // A colon before the last slash belongs to the registry's port.
        var colon = image.LastIndexOf(':');
        return colon > image.LastIndexOf('/')
            ? new ImageReference(image[..colon], image[(colon + 1)..], null)
            : new ImageReference(image, null, null);
    }
}
