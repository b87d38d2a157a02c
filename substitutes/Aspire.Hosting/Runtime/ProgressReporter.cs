using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Runtime;

/// <summary>Follows the states of the resources and prints what changes.</summary>
internal sealed class ProgressReporter(
    ResourceNotificationService notifications, ResourceLoggerService loggers, DistributedApplicationModel model, AppConsole console,
    TimeProvider time) : BackgroundService
{
    private const int LinesOfAFailure = 20;
    private const int TerminatedBySignal = 128 + 15;
    private static readonly TimeSpan s_firstComplaint = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_longestSilence = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, string> _shown = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Task> _settled = new(StringComparer.OrdinalIgnoreCase);
    private readonly TaskCompletionSource _allHealthy = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _allSettled;

    /// <summary>
    /// Completes when every resource that starts by itself has been healthy, with the handlers of its ready event, or has done its work.
    /// </summary>
    public Task AllHealthy => _allHealthy.Task;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        notifications.Published += Follow;
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        notifications.Published -= Follow;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await ComplainAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The application stops.
        }
    }

    private void Follow(ResourceEvent e)
    {
        var isSettled = e.Resource.IsExecutable() && Show(e);
        if (!isSettled || _allSettled)
            return;

        _settled[e.ResourceId] = e.Snapshot.Ready ?? Task.CompletedTask;
        if (AwaitedIds().All(_settled.ContainsKey))
        {
            _allSettled = true;
            _ = CompleteAsync([.. _settled.Values]);
        }
    }

    // A handler that fails says so in its resource's log.
    private async Task CompleteAsync(Task[] handlers)
    {
        await Task.WhenAll(handlers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _allHealthy.TrySetResult();
    }

    /// <summary>Says, less and less often, what runs and does not become healthy, and why.</summary>
    private async Task ComplainAsync(CancellationToken cancellationToken)
    {
        for (var pause = s_firstComplaint; ; pause = pause * 2 < s_longestSilence ? pause * 2 : s_longestSilence)
        {
            await Task.Delay(pause, time, cancellationToken);
            if (AllHealthy.IsCompleted)
                return;
            foreach (var id in AwaitedIds())
            {
                if (notifications.TryGetCurrentState(id, out var e) && Complaint(e) is { } complaint)
                    console.State(NameOf(e), "waiting", complaint);
            }
        }
    }

    private IEnumerable<string> AwaitedIds() => model.Resources
        .Where(r => r.IsExecutable() && !r.HasAnnotationOfType<ExplicitStartupAnnotation>()).SelectMany(ResourceInstances.IdsOf);

    // Returns whether the instance is where it is meant to be.
    private bool Show(ResourceEvent e)
    {
        var snapshot = e.Snapshot;
        var state = snapshot.State?.Text;
        var healthy = snapshot.HealthStatus == HealthStatus.Healthy && snapshot.Ready is not null;
        var word = state switch
        {
            _ when healthy => snapshot.HealthReports.IsEmpty ? "running" : "healthy",
            _ when state == KnownResourceStates.Running && _shown.GetValueOrDefault(e.ResourceId) == "healthy" => "unhealthy",
            _ when state == KnownResourceStates.FailedToStart => "failed",
            _ when state == KnownResourceStates.Finished => snapshot.ExitCode is 0 or null ? "finished" : "failed",
            _ when state == KnownResourceStates.Exited => "stopped",
            _ => null,
        };
        if (state == KnownResourceStates.Starting)
            _shown.Remove(e.ResourceId);
        if (word is not null && _shown.GetValueOrDefault(e.ResourceId) != word)
        {
            _shown[e.ResourceId] = word;
            console.State(NameOf(e), word, Detail(e, word));
        }

        return healthy || state == KnownResourceStates.Finished;
    }

    private string Detail(ResourceEvent e, string word) => word switch
    {
        "healthy" or "running" => string.Join("  ", e.Snapshot.Urls.Where(u => !u.IsInternal).Select(u => Address(u.Url))),
        "unhealthy" => Complaint(e) ?? "",
        // A failure before everything was healthy ends the run, and its sentence comes last.
        "failed" when !AllHealthy.IsCompleted && e.Snapshot.State?.Text == KnownResourceStates.FailedToStart => "",
        "failed" when e.Snapshot.State?.Text == KnownResourceStates.FailedToStart => Lines(e.ResourceId, 1),
        "failed" => Lines(e.ResourceId, LinesOfAFailure),
        _ => e.Snapshot.ExitCode is { } code and not (0 or TerminatedBySignal) ? $"exit code {code}" : "",
    };

    private string Lines(string instance, int count) =>
        Environment.NewLine + string.Join(Environment.NewLine, loggers.Tail(instance, count).Select(l => $"      {l.Content}"));

    private static string? Complaint(ResourceEvent e) =>
        e.Snapshot.HealthReports.FirstOrDefault(r => r.Status != HealthStatus.Healthy)?.Description?.ReplaceLineEndings(" ");

    private static string NameOf(ResourceEvent e) => e.Resource.GetReplicaCount() > 1 ? e.ResourceId : e.Resource.Name;

    // Only HTTP addresses are for a browser; elsewhere the scheme says nothing.
    private static string Address(string url) =>
        url.StartsWith("http", StringComparison.Ordinal) ? url : url[(url.IndexOf("://", StringComparison.Ordinal) + 3)..];
}
