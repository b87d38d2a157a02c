using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Raised once, before anything starts.</summary>
public class BeforeStartEvent(IServiceProvider services, DistributedApplicationModel model) : IDistributedApplicationEvent
{
    /// <summary>The application's services.</summary>
    public IServiceProvider Services { get; } = services;

    /// <summary>The application's model.</summary>
    public DistributedApplicationModel Model { get; } = model;
}

/// <summary>Raised once all resources have been created.</summary>
public class AfterResourcesCreatedEvent(IServiceProvider services, DistributedApplicationModel model) : IDistributedApplicationEvent
{
    /// <summary>The application's services.</summary>
    public IServiceProvider Services { get; } = services;

    /// <summary>The application's model.</summary>
    public DistributedApplicationModel Model { get; } = model;
}

/// <summary>Raised for each resource so that custom ones can begin their lifetime.</summary>
public class InitializeResourceEvent(
    IResource resource, IDistributedApplicationEventing distributedApplicationEventing, ResourceLoggerService resourceLoggerService,
    ResourceNotificationService resourceNotificationService, IServiceProvider services) : IDistributedApplicationResourceEvent
{
    /// <inheritdoc/>
    public IResource Resource { get; } = resource;

    /// <summary>The eventing service.</summary>
    public IDistributedApplicationEventing Eventing { get; } = distributedApplicationEventing;

    /// <summary>The resource's log.</summary>
    public ILogger Logger { get; } = resourceLoggerService.GetLogger(resource);

    /// <summary>Publishes states.</summary>
    public ResourceNotificationService Notifications { get; } = resourceNotificationService;

    /// <inheritdoc/>
    public IServiceProvider Services { get; } = services;
}

/// <summary>Raised when the addresses of a resource are known.</summary>
public class ResourceEndpointsAllocatedEvent(IResource resource, IServiceProvider services) : IDistributedApplicationResourceEvent
{
    /// <inheritdoc/>
    public IResource Resource { get; } = resource;

    /// <inheritdoc/>
    public IServiceProvider Services { get; } = services;
}

/// <summary>Raised when the connection string of a resource can be resolved.</summary>
public class ConnectionStringAvailableEvent(IResource resource, IServiceProvider services) : IDistributedApplicationResourceEvent
{
    /// <inheritdoc/>
    public IResource Resource { get; } = resource;

    /// <inheritdoc/>
    public IServiceProvider Services { get; } = services;
}

/// <summary>Raised before a resource starts; waits for dependencies happen here.</summary>
public class BeforeResourceStartedEvent(IResource resource, IServiceProvider services) : IDistributedApplicationResourceEvent
{
    /// <inheritdoc/>
    public IResource Resource { get; } = resource;

    /// <inheritdoc/>
    public IServiceProvider Services { get; } = services;
}

/// <summary>Raised when a resource runs and is healthy for the first time since it was started.</summary>
public class ResourceReadyEvent(IResource resource, IServiceProvider services) : IDistributedApplicationResourceEvent
{
    /// <inheritdoc/>
    public IResource Resource { get; } = resource;

    /// <inheritdoc/>
    public IServiceProvider Services { get; } = services;
}

/// <summary>Raised when a resource has ended.</summary>
public class ResourceStoppedEvent(IResource resource, IServiceProvider services, ResourceEvent resourceEvent) : IDistributedApplicationResourceEvent
{
    /// <inheritdoc/>
    public IResource Resource { get; } = resource;

    /// <inheritdoc/>
    public IServiceProvider Services { get; } = services;

    /// <summary>The last state.</summary>
    public ResourceEvent ResourceEvent { get; } = resourceEvent;
}
