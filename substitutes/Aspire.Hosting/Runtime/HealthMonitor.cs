using System.Collections.Concurrent;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Runtime;

/// <summary>Checks running resources: often until they are healthy, seldom afterwards.</summary>
internal sealed class HealthMonitor(
    ResourceNotificationService notifications, ResourceLoggerService loggers, IDistributedApplicationEventing eventing, HealthCheckService checks,
    TimeProvider time, IServiceProvider services) : BackgroundService
{
    private static readonly TimeSpan s_checkTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_whileHealthy = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Watch> _watches = new(StringComparer.OrdinalIgnoreCase);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loops = new List<Task>();
        try
        {
            await foreach (var e in notifications.WatchAsync(stoppingToken))
            {
                if (e.Snapshot.State?.Text != KnownResourceStates.Running || e.Snapshot.Ready is not null)
                {
                    if (_watches.TryGetValue(e.Resource.Name, out var known) && e.Snapshot.State?.Text != KnownResourceStates.Running)
                        known.Remove(e.ResourceId);
                    continue;
                }

                var watch = _watches.GetOrAdd(e.Resource.Name, _ => new Watch(e.Resource));
                if (watch.Add(e.ResourceId, e.Snapshot.StartTimeStamp))
                    loops.Add(LoopAsync(watch, stoppingToken));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LoopAsync(Watch watch, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var since = time.GetTimestamp();
            var ids = watch.Running();
            var wasReady = false;
            while (ids.Count > 0 && !watch.HasChanged && !stop.IsCancellationRequested)
            {
                var reports = await CheckAsync(watch, stop);
                Publish(watch, ids, reports);
                var healthy = reports.All(r => r.Status == HealthStatus.Healthy);
                if (healthy && !wasReady)
                {
                    wasReady = true;
                    SayReady(watch.Resource, ids, stop);
                }

                await watch.Changed(healthy ? s_whileHealthy : PauseAfter(time.GetElapsedTime(since), wasReady), stop);
            }

            await watch.Changed(Timeout.InfiniteTimeSpan, stop);
        }
    }

    // A resource that starts is somebody's wait; one that fell ill has been noticed.
    private static TimeSpan PauseAfter(TimeSpan elapsed, bool wasReady) => TimeSpan.FromMilliseconds(wasReady
        ? 1000
        : elapsed.TotalSeconds switch { < 3 => 50, < 15 => 100, < 60 => 500, _ => 2000 });

    private async Task<IReadOnlyList<HealthReportSnapshot>> CheckAsync(Watch watch, CancellationToken stop)
    {
        if (watch.Keys.Count == 0)
            return [];

        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop);
        either.CancelAfter(s_checkTimeout);
        try
        {
            var report = await checks.CheckHealthAsync(r => watch.Keys.Contains(r.Name), either.Token);
            return [.. report.Entries.Select(e => new HealthReportSnapshot(e.Key, e.Value.Status, e.Value.Description, e.Value.Exception?.ToString())
            {
                LastRunAt = time.GetUtcNow().UtcDateTime,
            })];
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return Unhealthy(watch, $"The check took longer than {s_checkTimeout.TotalSeconds} s.");
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            return Unhealthy(watch, e.Message); // a check that cannot even be made
        }
    }

    private static HealthReportSnapshot[] Unhealthy(Watch watch, string why) =>
        [.. watch.Keys.Select(key => new HealthReportSnapshot(key, HealthStatus.Unhealthy, why, null))];

    private void Publish(Watch watch, IReadOnlyList<string> ids, IReadOnlyList<HealthReportSnapshot> reports)
    {
        foreach (var id in ids)
        {
            if (!notifications.TryGetCurrentState(id, out var current) || current.Snapshot.State?.Text != KnownResourceStates.Running)
                continue;

            // Only news is published; when a check ran last is not news.
            var known = current.Snapshot.HealthReports.Select(r => (r.Name, r.Status, r.Description)).ToHashSet();
            if (known.SetEquals(reports.Select(r => (r.Name, r.Status, r.Description))))
                continue;
            notifications.Publish(watch.Resource, id, s =>
                s.State?.Text == KnownResourceStates.Running ? s with { HealthReports = [.. reports] } : s);
        }
    }

    // Instances that were announced before stay announced when another one comes or goes.
    private void SayReady(IResource resource, IReadOnlyList<string> ids, CancellationToken stop)
    {
        var fresh = ids.Where(id => notifications.TryGetCurrentState(id, out var e) && e.Snapshot.Ready is null).ToArray();
        if (fresh.Length == 0)
            return;

        // What a handler has to say to a person comes after the news that the resource is ready.
        var published = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ready = ReadyAsync();
        foreach (var id in fresh)
        {
            notifications.Publish(resource, id, s =>
                s.State?.Text == KnownResourceStates.Running && s.Ready is null ? s with { Ready = ready } : s);
        }

        published.SetResult();

        async Task ReadyAsync()
        {
            await published.Task;
            try
            {
                await eventing.PublishAsync(new ResourceReadyEvent(resource, services), stop);
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                loggers.GetLogger(resource).LogError(e, "A handler of the ready event failed.");
                throw;
            }
        }
    }

    /// <summary>The running instances of one resource.</summary>
    private sealed class Watch
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<string, DateTime?> _running = new(StringComparer.OrdinalIgnoreCase);
        private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _started;

        public Watch(IResource resource)
        {
            Resource = resource;
            Keys = resource.TryGetAnnotationsIncludingAncestorsOfType<HealthCheckAnnotation>(out var checks)
                ? checks.Select(c => c.Key).ToHashSet(StringComparer.Ordinal)
                : [];
        }

        public IResource Resource { get; }

        public HashSet<string> Keys { get; }

        public bool HasChanged
        {
            get
            {
                lock (_lock)
                    return _changed.Task.IsCompleted;
            }
        }

        /// <summary>Notes a running instance; true when somebody must begin to watch.</summary>
        public bool Add(string id, DateTime? started)
        {
            lock (_lock)
            {
                if (_running.TryGetValue(id, out var known) && known == started)
                    return false;

                _running[id] = started;
                _changed.TrySetResult();
                return !_started && (_started = true);
            }
        }

        public void Remove(string id)
        {
            lock (_lock)
            {
                if (_running.Remove(id))
                    _changed.TrySetResult();
            }
        }

        /// <summary>The running instances; from here on, changes count anew.</summary>
        public IReadOnlyList<string> Running()
        {
            lock (_lock)
            {
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return [.. _running.Keys];
            }
        }

        public async Task Changed(TimeSpan pause, CancellationToken stop)
        {
            Task changed;
            lock (_lock)
                changed = _changed.Task;
            await changed.WaitAsync(pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
