using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;

namespace Aspire.Hosting.Execution;

/// <summary>
/// Starts processes, each in a session of its own so that Ctrl-C in the terminal reaches only the application host, and makes sure that
/// none of them outlives it.
/// </summary>
internal sealed class ProcessSupervisor : IAsyncDisposable
{
    /// <summary>Marks everything that this supervisor started, directly or not.</summary>
    internal const string SessionVariable = "ASPIRE_SUPERVISOR";

    /// <summary>Marks everything that belongs to one workload.</summary>
    internal const string WorkloadVariable = "ASPIRE_WORKLOAD";

    private static readonly TimeSpan s_graceOnDispose = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<SupervisedProcess, bool> _running = [];
    private readonly ConcurrentStack<Func<Task>> _atEnd = [];
    private readonly Watchdog _watchdog;

    public ProcessSupervisor()
    {
        Session = Guid.NewGuid().ToString("N");
        _watchdog = new Watchdog(Session);
    }

    /// <summary>Identifies this run of the application host.</summary>
    public string Session { get; }

    internal int WatchdogProcessId => _watchdog.ProcessId;

    /// <summary>Starts a process; <paramref name="output"/> gets its lines, from two threads at most.</summary>
    /// <exception cref="DistributedApplicationException">The file or the working directory does not exist, or cannot be started.</exception>
    public Workload Start(ProcessSpec spec, Action<OutputLine> output)
    {
        if (!Directory.Exists(spec.WorkingDirectory))
        {
            throw new DistributedApplicationException(
                $"'{spec.FileName}' cannot start: its working directory '{spec.WorkingDirectory}' does not exist.");
        }

        string marker = Guid.NewGuid().ToString("N");
        ProcessStartInfo start = new("setsid")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = spec.WorkingDirectory,
        };
        // A process that has just been forked leads no group, so setsid becomes the program itself, with the process id known here.
        start.ArgumentList.Add(ExecutablePath.Find(spec.FileName, spec.WorkingDirectory));
        foreach (string argument in spec.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        if (!spec.InheritsEnvironment)
        {
            start.Environment.Clear();
        }

        foreach ((string name, string value) in spec.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment[SessionVariable] = Session;
        start.Environment[WorkloadVariable] = marker;

        Process process;
        try
        {
            process = Process.Start(start) ?? throw new InvalidOperationException("No process was started.");
        }
        catch (Win32Exception e)
        {
            throw new DistributedApplicationException($"'{spec.FileName}' cannot start: {e.Message}.", e);
        }

        _watchdog.Watch(process.Id);
        SupervisedProcess supervised = new(process, marker, output);
        _running.TryAdd(supervised, true);
        _ = ForgetWhenEndedAsync(supervised, process.Id);
        return supervised;
    }

    /// <summary>
    /// Registers a clean-up: <paramref name="action"/> runs when this supervisor is disposed, <paramref name="shellCommand"/> (no secrets, one
    /// line) when the application host ends without that.
    /// </summary>
    public void AtEnd(Func<Task> action, string shellCommand)
    {
        _atEnd.Push(action);
        _watchdog.AddCommand(shellCommand);
    }

    /// <summary>Stops everything that still runs, in parallel.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_running.Keys.Select(process => process.StopAsync(s_graceOnDispose)));
        while (_atEnd.TryPop(out Func<Task>? action))
        {
            await action();
        }

        _watchdog.ForgetCommands();
        _watchdog.Dispose();
    }

    private async Task ForgetWhenEndedAsync(SupervisedProcess process, int group)
    {
        await process.Completion;
        _running.TryRemove(process, out _);
        _watchdog.Forget(group);
    }
}
