using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Execution;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Runtime;

/// <summary>Keeps one instance of a resource running: starts it, restarts it after crashes, stops it.</summary>
internal sealed class InstanceRunner(ResourceRunner owner, string id, RunServices services) : IAsyncDisposable
{
    private const int LinesOfAFailure = 20;

    // A stack trace with inner exceptions fits; what was said hours ago is no reason.
    private const int LinesOfAnEnding = 200;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private CancellationTokenSource _life = new();
    private Workload? _workload;
    private Task _supervision = Task.CompletedTask;
    private volatile bool _stopRequested;
    private bool _hasEnded = true;
    private int _linesOfEarlierLives;

    public string Id => id;

    /// <summary>Whether the process or container exists.</summary>
    public bool IsUp => _workload is { Completion.IsCompleted: false };

    private IResource Resource => owner.Resource;

    private ILogger Logger => services.Loggers.GetLogger(Resource);

    /// <summary>Starts the instance unless it runs.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (IsUp)
                return;

            if (_life.IsCancellationRequested)
            {
                _life.Dispose();
                _life = new CancellationTokenSource();
            }

            _stopRequested = false;
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _life.Token);
            await LaunchAsync(either.Token);
            _supervision = SuperviseAsync(_life.Token);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Stops the instance, or its waiting for a restart.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        _stopRequested = true;
        await _life.CancelAsync();
        await _gate.WaitAsync();
        try
        {
            var workload = _workload;
            if (workload is not null && !workload.Completion.IsCompleted)
            {
                owner.Publish(this, s => s with { State = new ResourceStateSnapshot(KnownResourceStates.Stopping, KnownResourceStateStyles.Info) });
                await workload.StopAsync(grace);
            }

            // A restart that the stop has overtaken may have made another one.
            await _supervision;
            workload = _workload;
            if (workload is not null)
            {
                await workload.StopAsync(grace);
                var exitCode = await workload.Completion;
                if (!_hasEnded)
                    await EndAsync(KnownResourceStates.Exited, exitCode, null);
                await workload.DisposeAsync();
                _workload = null;
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        _gate.Dispose();
        _life.Dispose();
    }

    private async Task LaunchAsync(CancellationToken cancellationToken)
    {
        var request = await owner.BuildRequestAsync(this, cancellationToken);
        _linesOfEarlierLives = services.Loggers.Tail(id, 1) is [var last] ? last.LineNumber : 0;
        var workload = await services.Launcher.StartAsync(
            request, line => services.Loggers.Append(Resource, id, line.Text, line.IsError), cancellationToken);
        if (_workload is not null)
            await _workload.DisposeAsync();
        _workload = workload;
        _hasEnded = false;
        owner.PublishRunning(this, request, workload.ProcessId);
    }

    private async Task SuperviseAsync(CancellationToken stop)
    {
        var crashes = 0;
        while (!_stopRequested)
        {
            var started = services.Time.GetTimestamp();
            var exitCode = await _workload!.Completion;
            owner.TargetsChanged();
            if (_stopRequested)
                return;
            if (!owner.RestartsAfter(exitCode))
            {
                await EndAsync(owner.IsContainer ? KnownResourceStates.Exited : KnownResourceStates.Finished, exitCode, null);
                return;
            }

            crashes = services.Time.GetElapsedTime(started) >= services.Restarts.ResetAfter ? 1 : crashes + 1;
            if (crashes >= services.Restarts.MaxCrashes)
            {
                await FailAsync(
                    $"'{Resource.Name}' is in a crash loop: it ended {crashes} times in a row within " +
                    $"{services.Restarts.ResetAfter.TotalSeconds:0.#} s; the last time it {DescribeEnding(exitCode).TrimEnd('.')}.", exitCode);
                return;
            }

            try
            {
                await RestartAsync(crashes, exitCode, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                await FailAsync(e.Message, exitCode);
                return;
            }
        }
    }

    private async Task RestartAsync(int crashes, int exitCode, CancellationToken stop)
    {
        var delay = services.Restarts.DelayAfter(crashes);
        var ending = DescribeEnding(exitCode);
        services.Console.State(
            Resource.GetReplicaCount() > 1 ? id : Resource.Name, "restarting", $"in {delay.TotalSeconds:0.##} s: it {ending}");
        Logger.LogWarning(
            "{Instance} {Ending}; restarted in {Delay} s (crash {Crashes} of {MaxCrashes}).",
            id, ending, delay.TotalSeconds, crashes, services.Restarts.MaxCrashes);
        owner.Publish(this, s => s with
        {
            State = new ResourceStateSnapshot(KnownResourceStates.Starting, KnownResourceStateStyles.Warn),
            ExitCode = exitCode,
        });
        await Task.Delay(delay, services.Time, stop);
        await LaunchAsync(stop);
    }

    private string DescribeEnding(int exitCode) => Ending.Describe(
        exitCode, [.. services.Loggers.Tail(id, LinesOfAnEnding).Where(line => line.LineNumber > _linesOfEarlierLives)]);

    private Task FailAsync(string message, int exitCode)
    {
        var tail = services.Loggers.Tail(id, LinesOfAFailure);
        var output = tail.Count == 0 ? "" : $"{Environment.NewLine}{string.Join(Environment.NewLine, tail.Select(l => $"    {l.Content}"))}";
        return EndAsync(KnownResourceStates.FailedToStart, exitCode, message + output);
    }

    private Task EndAsync(string state, int exitCode, string? failure)
    {
        _hasEnded = true;
        return owner.EndAsync(this, state, exitCode, failure);
    }
}
