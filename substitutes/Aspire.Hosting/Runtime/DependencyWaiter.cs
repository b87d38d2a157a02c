using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.Runtime;

/// <summary>Waits for what a resource was told to wait for.</summary>
internal sealed class DependencyWaiter(
    ResourceNotificationService notifications, ResourceLoggerService loggers, IOptions<ResourceNotificationServiceOptions> options)
{
    public async Task WaitAsync(IResource resource, CancellationToken cancellationToken)
    {
        if (!resource.TryGetAnnotationsOfType<WaitAnnotation>(out var waits))
            return;

        var pending = waits.DistinctBy(w => (w.Resource, w.WaitType, w.ExitCode)).ToList();
        await notifications.PublishUpdateAsync(resource, s => s with { State = KnownResourceStates.Waiting });
        using var first = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var tasks = pending.Select(w => WaitOneAsync(resource, w, first.Token)).ToList();
        while (tasks.Count > 0)
        {
            var done = await Task.WhenAny(tasks);
            tasks.Remove(done);
            if (!done.IsCompletedSuccessfully)
                await first.CancelAsync();
            await done;
        }
    }

    private Task WaitOneAsync(IResource resource, WaitAnnotation wait, CancellationToken cancellationToken) => wait.WaitType switch
    {
        WaitType.WaitForCompletion => CompletionAsync(resource, wait, cancellationToken),
        WaitType.WaitUntilStarted => StartedAsync(resource, wait, healthy: false, cancellationToken),
        _ => StartedAsync(resource, wait, healthy: true, cancellationToken),
    };

    private async Task StartedAsync(IResource resource, WaitAnnotation wait, bool healthy, CancellationToken cancellationToken)
    {
        var dependency = wait.Resource;
        var stops = (wait.WaitBehavior ?? options.Value.DefaultWaitBehavior) == WaitBehavior.StopOnResourceUnavailable;
        loggers.GetLogger(resource).LogInformation("Waiting for resource '{Name}' to be {Goal}.", dependency.Name, healthy ? "healthy" : "running");
        await Task.WhenAll(ResourceInstances.IdsOf(dependency).Select(InstanceAsync));

        async Task InstanceAsync(string id)
        {
            var e = await notifications.WaitForResourceAsync(
                id, e => (stops && ResourceNotificationService.IsUnavailable(e.Snapshot)) || HasReached(e.Snapshot, healthy), cancellationToken);
            if (!HasReached(e.Snapshot, healthy))
                throw notifications.Unavailable(e);
            if (healthy)
                await e.Snapshot.Ready!.WaitAsync(cancellationToken);
        }
    }

    private async Task CompletionAsync(IResource resource, WaitAnnotation wait, CancellationToken cancellationToken)
    {
        var dependency = wait.Resource;
        loggers.GetLogger(resource).LogInformation("Waiting for resource '{Name}' to complete.", dependency.Name);
        var e = await notifications.WaitForResourceAsync(
            dependency.Name, e => KnownResourceStates.TerminalStates.Contains(e.Snapshot.State?.Text ?? ""), cancellationToken);
        if (e.Snapshot.State!.Text == KnownResourceStates.FailedToStart)
            throw notifications.Unavailable(e);
        if (e.Snapshot.ExitCode is { } code && code != wait.ExitCode)
        {
            throw new DistributedApplicationException(
                $"The resource '{dependency.Name}' completed with exit code {code}, expected {wait.ExitCode}.");
        }
    }

    private static bool HasReached(CustomResourceSnapshot snapshot, bool healthy) => healthy
        ? snapshot.HealthStatus == HealthStatus.Healthy && snapshot.Ready is not null
        : snapshot.State?.Text == KnownResourceStates.Running;
}
