using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Eventing;

/// <inheritdoc/>
public class DistributedApplicationEventing : IDistributedApplicationEventing
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Type, List<DistributedApplicationEventSubscription>> _subscriptions = [];

    /// <inheritdoc/>
    public DistributedApplicationEventSubscription Subscribe<T>(Func<T, CancellationToken, Task> callback)
        where T : IDistributedApplicationEvent
    {
        ArgumentNullException.ThrowIfNull(callback);
        return Add<T>(new DistributedApplicationEventSubscription((@event, token) => callback((T)@event, token)));
    }

    /// <inheritdoc/>
    public DistributedApplicationEventSubscription Subscribe<T>(IResource resource, Func<T, CancellationToken, Task> callback)
        where T : IDistributedApplicationResourceEvent
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentNullException.ThrowIfNull(callback);
        return Add<T>(new DistributedApplicationResourceEventSubscription(
            resource, (@event, token) => ReferenceEquals(@event.Resource, resource) ? callback((T)@event, token) : Task.CompletedTask));
    }

    /// <inheritdoc/>
    public void Unsubscribe(DistributedApplicationEventSubscription subscription)
    {
        lock (_lock)
        {
            foreach (var list in _subscriptions.Values)
                list.Remove(subscription);
        }
    }

    /// <inheritdoc/>
    public Task PublishAsync<T>(T @event, CancellationToken cancellationToken = default)
        where T : IDistributedApplicationEvent => PublishAsync(@event, EventDispatchBehavior.BlockingSequential, cancellationToken);

    /// <inheritdoc/>
    public Task PublishAsync<T>(T @event, EventDispatchBehavior dispatchBehavior, CancellationToken cancellationToken = default)
        where T : IDistributedApplicationEvent
    {
        DistributedApplicationEventSubscription[] subscribers;
        lock (_lock)
            subscribers = _subscriptions.TryGetValue(typeof(T), out var list) ? [.. list] : [];

        var calls = dispatchBehavior is EventDispatchBehavior.BlockingConcurrent or EventDispatchBehavior.NonBlockingConcurrent
            ? ConcurrentAsync(subscribers, @event, cancellationToken)
            : SequentialAsync(subscribers, @event, cancellationToken);
        return dispatchBehavior is EventDispatchBehavior.NonBlockingConcurrent or EventDispatchBehavior.NonBlockingSequential
            ? Task.CompletedTask
            : calls;
    }

    private static async Task SequentialAsync(
        DistributedApplicationEventSubscription[] subscribers, IDistributedApplicationEvent @event, CancellationToken cancellationToken)
    {
        foreach (var subscriber in subscribers)
            await subscriber.Callback(@event, cancellationToken);
    }

    private static Task ConcurrentAsync(
        DistributedApplicationEventSubscription[] subscribers, IDistributedApplicationEvent @event, CancellationToken cancellationToken) =>
        Task.WhenAll(subscribers.Select(s => Task.Run(() => s.Callback(@event, cancellationToken), cancellationToken)));

    private DistributedApplicationEventSubscription Add<T>(DistributedApplicationEventSubscription subscription)
    {
        if (typeof(T).IsInterface || typeof(T).IsAbstract)
        {
            throw new ArgumentException(
                $"The event type '{typeof(T).Name}' cannot be subscribed to because it is an interface or abstract; subscribe to a concrete event.");
        }

        lock (_lock)
        {
            if (!_subscriptions.TryGetValue(typeof(T), out var list))
                _subscriptions[typeof(T)] = list = [];
            list.Add(subscription);
        }

        return subscription;
    }
}
