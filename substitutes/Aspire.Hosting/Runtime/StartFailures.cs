using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Runtime;

/// <summary>Remembers what failed to start, so that a run from the command line can end with it.</summary>
internal sealed class StartFailures
{
    private readonly TaskCompletionSource<StartFailure> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the first failure.</summary>
    public Task<StartFailure> First => _first.Task;

    public void Record(IResource resource, string message) => _first.TrySetResult(new StartFailure(resource, message));
}

/// <summary>Why a resource did not start.</summary>
internal sealed record StartFailure(IResource Resource, string Message);
