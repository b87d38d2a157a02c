using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>Builds a distributed application.</summary>
public interface IDistributedApplicationBuilder
{
    /// <summary>The configuration.</summary>
    ConfigurationManager Configuration { get; }

    /// <summary>The application host's project folder.</summary>
    string AppHostDirectory { get; }

    /// <summary>The application host's assembly.</summary>
    Assembly? AppHostAssembly { get; }

    /// <summary>The host's environment.</summary>
    IHostEnvironment Environment { get; }

    /// <summary>The application host's services.</summary>
    IServiceCollection Services { get; }

    /// <summary>Publishes events and takes subscriptions.</summary>
    IDistributedApplicationEventing Eventing { get; }

    /// <summary>What the application host was started for.</summary>
    DistributedApplicationExecutionContext ExecutionContext { get; }

    /// <summary>The resources.</summary>
    IResourceCollection Resources { get; }

    /// <summary>Adds a resource.</summary>
    /// <exception cref="DistributedApplicationException">There is a resource of that name.</exception>
    IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource;

    /// <summary>Makes a builder for a resource without adding it.</summary>
    IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource;

    /// <summary>Builds the application.</summary>
    DistributedApplication Build();
}

/// <summary>Finds resources by name.</summary>
public static class DistributedApplicationBuilderExtensions
{
    /// <summary>Makes a builder for a resource of the application.</summary>
    /// <exception cref="InvalidOperationException">There is no resource of that name and type.</exception>
    public static IResourceBuilder<T> CreateResourceBuilder<T>(this IDistributedApplicationBuilder builder, string name)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!builder.Resources.TryGetByName(name, out var resource))
            throw new InvalidOperationException($"Resource '{name}' was not found.");
        return resource is T typed
            ? builder.CreateResourceBuilder(typed)
            : throw new InvalidOperationException($"Resource '{name}' of type '{resource.GetType()}' is not assignable to requested type '{typeof(T).Name}'.");
    }

    /// <summary>Makes a builder for a resource of the application, if there is one of that name and type.</summary>
    public static bool TryCreateResourceBuilder<T>(
        this IDistributedApplicationBuilder builder, string name,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IResourceBuilder<T>? resourceBuilder)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        resourceBuilder = builder.Resources.TryGetByName(name, out var resource) && resource is T typed ? builder.CreateResourceBuilder(typed) : null;
        return resourceBuilder is not null;
    }
}
