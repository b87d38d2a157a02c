using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Eventing;

/// <summary>Something that happened in the application.</summary>
public interface IDistributedApplicationEvent;

/// <summary>Something that happened to a resource.</summary>
public interface IDistributedApplicationResourceEvent : IDistributedApplicationEvent
{
    /// <summary>The resource.</summary>
    IResource Resource { get; }

    /// <summary>The application's services.</summary>
    IServiceProvider Services { get; }

    /// <summary>The resource's log.</summary>
    ILogger Logger => Services.GetRequiredService<ResourceLoggerService>().GetLogger(Resource);
}

/// <summary>Publishes events to those who subscribed.</summary>
public interface IDistributedApplicationEventing
{
    /// <summary>Subscribes to an event.</summary>
    DistributedApplicationEventSubscription Subscribe<T>(Func<T, CancellationToken, Task> callback)
        where T : IDistributedApplicationEvent;

    /// <summary>Subscribes to an event of one resource.</summary>
    DistributedApplicationEventSubscription Subscribe<T>(IResource resource, Func<T, CancellationToken, Task> callback)
        where T : IDistributedApplicationResourceEvent;

    /// <summary>Ends a subscription.</summary>
    void Unsubscribe(DistributedApplicationEventSubscription subscription);

    /// <summary>Publishes an event: subscribers run one after the other, and the first exception ends it.</summary>
    Task PublishAsync<T>(T @event, CancellationToken cancellationToken = default)
        where T : IDistributedApplicationEvent;

    /// <summary>Publishes an event in a given manner.</summary>
    Task PublishAsync<T>(T @event, EventDispatchBehavior dispatchBehavior, CancellationToken cancellationToken = default)
        where T : IDistributedApplicationEvent;
}

/// <summary>How subscribers are called.</summary>
public enum EventDispatchBehavior
{
    /// <summary>One after the other; the publisher waits.</summary>
    BlockingSequential,

    /// <summary>All at once; the publisher waits.</summary>
    BlockingConcurrent,

    /// <summary>One after the other; the publisher goes on.</summary>
    NonBlockingSequential,

    /// <summary>All at once; the publisher goes on.</summary>
    NonBlockingConcurrent,
}

/// <summary>A subscription.</summary>
public class DistributedApplicationEventSubscription(Func<IDistributedApplicationEvent, CancellationToken, Task> callback)
{
    /// <summary>Called with the event.</summary>
    public Func<IDistributedApplicationEvent, CancellationToken, Task> Callback { get; } = callback;
}

/// <summary>A subscription to the events of one resource.</summary>
public class DistributedApplicationResourceEventSubscription(
    IResource? resource, Func<IDistributedApplicationResourceEvent, CancellationToken, Task> callback)
    : DistributedApplicationEventSubscription((@event, token) => callback((IDistributedApplicationResourceEvent)@event, token))
{
    /// <summary>The resource.</summary>
    public IResource? Resource { get; } = resource;
}
