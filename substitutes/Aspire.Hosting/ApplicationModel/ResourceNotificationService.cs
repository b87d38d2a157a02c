using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A change of a resource's state.</summary>
public class ResourceEvent(IResource resource, string resourceId, CustomResourceSnapshot snapshot)
{
    /// <summary>The resource.</summary>
    public IResource Resource { get; } = resource;

    /// <summary>The instance, for example <c>api-hxkzbqvw</c>.</summary>
    public string ResourceId { get; } = resourceId;

    /// <summary>The state.</summary>
    public CustomResourceSnapshot Snapshot { get; } = snapshot;
}

/// <summary>Options of <see cref="ResourceNotificationService"/>.</summary>
public sealed class ResourceNotificationServiceOptions
{
    /// <summary>What waits do when the dependency fails.</summary>
    public WaitBehavior DefaultWaitBehavior { get; set; }
}

/// <summary>Publishes the states of resources and waits for them.</summary>
public class ResourceNotificationService : IDisposable
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock _watchersLock = new();
    private readonly List<Channel<ResourceEvent>> _watchers = [];
    private readonly CancellationTokenSource _disposed = new();
    private readonly CancellationToken _stopping;
    private readonly IServiceProvider _services;
    private readonly ResourceLoggerService _loggers;

    /// <summary>Created by the application.</summary>
    public ResourceNotificationService(
        ILogger<ResourceNotificationService> logger, IHostApplicationLifetime hostApplicationLifetime, IServiceProvider serviceProvider,
        ResourceLoggerService resourceLoggerService)
    {
        _ = logger;
        _services = serviceProvider;
        _loggers = resourceLoggerService;
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(_disposed.Token, hostApplicationLifetime.ApplicationStopped).Token;
    }

    /// <summary>Called for every change, in order, before whoever publishes it goes on.</summary>
    internal event Action<ResourceEvent>? Published;

    private WaitBehavior DefaultWaitBehavior =>
        _services.GetService<IOptions<ResourceNotificationServiceOptions>>()?.Value.DefaultWaitBehavior ?? WaitBehavior.StopOnResourceUnavailable;

    /// <summary>Changes the state of a resource that has one instance.</summary>
    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        ArgumentNullException.ThrowIfNull(resource);
        var ids = ResourceInstances.IdsOf(resource);
        foreach (var id in ids)
            Publish(resource, id, stateFactory);
        return Task.CompletedTask;
    }

    /// <summary>Changes the state of an instance.</summary>
    public Task PublishUpdateAsync(IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentNullException.ThrowIfNull(resourceId);
        Publish(resource, resourceId, stateFactory);
        return Task.CompletedTask;
    }

    /// <summary>The last state of an instance.</summary>
    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent)
    {
        resourceEvent = _entries.TryGetValue(resourceId, out var entry) ? entry.Last : null;
        return resourceEvent is not null;
    }

    /// <summary>Waits until an instance of the resource is in the state; <c>Running</c> when null.</summary>
    public async Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        await WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    /// <summary>Waits until an instance of the resource is in one of the states, and returns it.</summary>
    public async Task<string> WaitForResourceAsync(
        string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var states = targetStates.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var found = await WaitForResourceAsync(
            resourceName, e => e.Snapshot.State is { Text: { Length: > 0 } text } && states.Contains(text), cancellationToken);
        return found.Snapshot.State!.Text;
    }

    /// <summary>Waits until a state of an instance of the resource satisfies the predicate.</summary>
    public async Task<ResourceEvent> WaitForResourceAsync(
        string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resourceName);
        ArgumentNullException.ThrowIfNull(predicate);
        await foreach (var e in WatchAsync(cancellationToken))
        {
            if (IsFor(e, resourceName) && predicate(e))
                return e;
        }

        throw new OperationCanceledException($"The application stopped before the resource '{resourceName}' reached the state waited for.");
    }

    /// <summary>Waits until the resource is healthy, with the application's default for failed ones.</summary>
    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, DefaultWaitBehavior, cancellationToken);

    /// <summary>Waits until the resource is healthy.</summary>
    /// <exception cref="DistributedApplicationException">The resource failed, and the behaviour says to stop then.</exception>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(
        string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        var found = await WaitForResourceAsync(
            resourceName,
            e => (e.Snapshot.HealthStatus == HealthStatus.Healthy && e.Snapshot.Ready is not null) ||
                (waitBehavior == WaitBehavior.StopOnResourceUnavailable && IsUnavailable(e.Snapshot)),
            cancellationToken);
        if (found.Snapshot.HealthStatus != HealthStatus.Healthy)
            throw Unavailable(found);
        await found.Snapshot.Ready!.WaitAsync(cancellationToken);
        return found;
    }

    /// <summary>Waits for everything that the resource was told to wait for.</summary>
    public Task WaitForDependenciesAsync(IResource resource, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return _services.GetRequiredService<Runtime.DependencyWaiter>().WaitAsync(resource, cancellationToken);
    }

    /// <summary>Streams the current states and all changes.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var channel = Channel.CreateUnbounded<ResourceEvent>(new UnboundedChannelOptions { SingleReader = true });
        lock (_watchersLock)
        {
            foreach (var entry in _entries.Values)
            {
                if (entry.Last is { } last)
                    channel.Writer.TryWrite(last);
            }

            _watchers.Add(channel);
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping);
        try
        {
            await foreach (var e in channel.Reader.ReadAllAsync(either.Token))
                yield return e;
        }
        finally
        {
            lock (_watchersLock)
                _watchers.Remove(channel);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed.Cancel();
        GC.SuppressFinalize(this);
    }

    internal static bool IsFor(ResourceEvent e, string resourceName) =>
        string.Equals(e.Resource.Name, resourceName, StringComparison.OrdinalIgnoreCase) ||
        string.Equals(e.ResourceId, resourceName, StringComparison.OrdinalIgnoreCase);

    internal static bool IsUnavailable(CustomResourceSnapshot snapshot) => snapshot.State?.Text is { } text &&
        (KnownResourceStates.TerminalStates.Contains(text) || text == KnownResourceStates.RuntimeUnhealthy);

    internal DistributedApplicationException Unavailable(ResourceEvent e)
    {
        var why = _loggers.Tail(e.ResourceId, 1).Concat(_loggers.Tail(e.Resource.Name, 1)).LastOrDefault().Content;
        return new DistributedApplicationException(
            $"The resource '{e.Resource.Name}' is in the state '{e.Snapshot.State?.Text}'{(e.Snapshot.ExitCode is { } code ? $" (exit code {code})" : "")} " +
            $"and will not become healthy{(string.IsNullOrWhiteSpace(why) ? "." : $": {why}")}");
    }

    internal void Publish(IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        var entry = _entries.GetOrAdd(resourceId, static _ => new Entry());
        lock (entry)
        {
            var previous = entry.Last?.Snapshot ?? Initial(resource);
            var next = stateFactory(previous);
            if (next.State?.Text == KnownResourceStates.Running && previous.State?.Text != KnownResourceStates.Running)
                next = next with { HealthReports = PendingReports(resource), Ready = null };
            var e = new ResourceEvent(resource, resourceId, next);
            lock (_watchersLock)
            {
                entry.Last = e;
                foreach (var watcher in _watchers)
                    watcher.Writer.TryWrite(e);
                Published?.Invoke(e);
            }
        }
    }

    private static CustomResourceSnapshot Initial(IResource resource) =>
        resource.TryGetLastAnnotation<ResourceSnapshotAnnotation>(out var given)
            ? given.InitialSnapshot
            : new CustomResourceSnapshot { ResourceType = TypeOf(resource), Properties = [], CreationTimeStamp = DateTime.UtcNow };

    private static string TypeOf(IResource resource) => resource switch
    {
        ProjectResource => "Project",
        ExecutableResource => "Executable",
        ParameterResource => "Parameter",
        _ => resource.IsContainer() ? "Container" : resource.GetType().Name.Replace("Resource", "", StringComparison.Ordinal),
    };

    // A check that has not run yet counts as unhealthy, so that nobody takes a starting resource for a ready one.
    private static ImmutableArray<HealthReportSnapshot> PendingReports(IResource resource) =>
        resource.TryGetAnnotationsIncludingAncestorsOfType<HealthCheckAnnotation>(out var checks)
            ? [.. checks.Select(c => c.Key).Distinct(StringComparer.Ordinal).Select(key => new HealthReportSnapshot(key, null, null, null))]
            : [];

    private sealed class Entry
    {
        public ResourceEvent? Last { get; set; }
    }
}
