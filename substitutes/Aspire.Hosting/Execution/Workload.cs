namespace Aspire.Hosting.Execution;

/// <summary>One started process or container. It ends by itself, or when it is stopped.</summary>
internal abstract class Workload : IAsyncDisposable
{
    /// <summary>The process id on this machine, or null for a container of an engine.</summary>
    public abstract int? ProcessId { get; }

    /// <summary>Completes with the exit code when the workload has ended (128 + the signal's number after a signal); never faults.</summary>
    public abstract Task<int> Completion { get; }

    /// <summary>Asks the workload to end (SIGTERM or the image's stop signal), and kills it and its descendants after <paramref name="grace"/>.</summary>
    public abstract Task StopAsync(TimeSpan grace);

    /// <summary>Kills what still runs.</summary>
    public abstract ValueTask DisposeAsync();
}

/// <summary>A line that a workload wrote.</summary>
internal readonly record struct OutputLine(string Text, bool IsError);

/// <summary>What to run as a process on this machine.</summary>
internal sealed record ProcessSpec
{
    /// <summary>A path, or a name that is looked up in PATH.</summary>
    public required string FileName { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public required string WorkingDirectory { get; init; }

    /// <summary>Set on top of the inherited environment, and the only place for secrets.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>False starts with an empty environment instead of this process's.</summary>
    public bool InheritsEnvironment { get; init; } = true;
}
