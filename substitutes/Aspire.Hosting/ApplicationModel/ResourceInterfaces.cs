using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A resource that takes environment variables.</summary>
    public interface IResourceWithEnvironment : IResource;

    /// <summary>A resource that takes command-line arguments.</summary>
    public interface IResourceWithArgs : IResource;

    /// <summary>A resource that listens on endpoints.</summary>
    public interface IResourceWithEndpoints : IResource;

    /// <summary>A resource whose start can wait for another resource.</summary>
    public interface IResourceWithWaitSupport : IResource;

    /// <summary>A resource that is never started or stopped.</summary>
    public interface IResourceWithoutLifetime : IResource;

    /// <summary>A resource that computes: a project, a container, an executable.</summary>
    public interface IComputeResource : IResource;

    /// <summary>An environment that compute resources are deployed to.</summary>
    public interface IComputeEnvironmentResource : IResource;

    /// <summary>A resource that can take files of another resource's container.</summary>
    public interface IContainerFilesDestinationResource : IResource;

    /// <summary>A resource that lives inside another one and shares its fate.</summary>
    public interface IResourceWithParent : IResource
    {
        /// <summary>The resource that it belongs to.</summary>
        IResource Parent { get; }
    }

    /// <summary>A resource that lives inside another one of a known type.</summary>
    public interface IResourceWithParent<out T> : IResourceWithParent
        where T : IResource
    {
        /// <summary>The resource that it belongs to.</summary>
        new T Parent { get; }

        IResource IResourceWithParent.Parent => Parent;
    }

    /// <summary>A resource that others reach through a connection string.</summary>
    public interface IResourceWithConnectionString : IResource, IExpressionValue, IValueWithReferences
    {
        /// <summary>The connection string, with references to endpoints and parameters.</summary>
        ReferenceExpression ConnectionStringExpression { get; }

        /// <summary>The variable that carries it, or null for <c>ConnectionStrings__name</c>.</summary>
        string? ConnectionStringEnvironmentVariable => null;

        /// <summary>Resolves the connection string.</summary>
        ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
            ConnectionStringExpression.GetValueAsync(cancellationToken);

        /// <summary>The parts of the connection, injected one by one beside the string.</summary>
        IEnumerable<KeyValuePair<string, ReferenceExpression>> GetConnectionProperties() => [];

        string IManifestExpressionProvider.ValueExpression => $"{{{Name}.connectionString}}";

        IEnumerable<object> IValueWithReferences.References => [ConnectionStringExpression];

        ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => GetConnectionStringAsync(cancellationToken);

        ValueTask<string?> IValueProvider.GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken) =>
            ConnectionStringExpression.GetValueAsync(context, cancellationToken);
    }
}

namespace Aspire.Hosting
{
    /// <summary>A resource whose endpoints others find by service discovery.</summary>
    public interface IResourceWithServiceDiscovery : IResourceWithEndpoints;
}
