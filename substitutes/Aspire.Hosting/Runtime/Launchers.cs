using Aspire.Hosting.Execution;

namespace Aspire.Hosting.Runtime;

/// <summary>The process that started this one, if it is one that only waits for it.</summary>
internal static class Launchers
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Waits until the <c>dotnet run</c> that started this process has ended, which it does before this one only when it is killed. Never
    /// when something else started it: a shell that ends leaves what it started alone.
    /// </summary>
    /// <returns>False when <paramref name="cancellationToken"/> came first.</returns>
    public static async Task<bool> EndOfDotnetRunAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var parent = ProcessTable.Parent(Environment.ProcessId);
        var isDotnetRun = parent is { } launcher && ProcessTable.CommandLine(launcher).Split(' ') is [var program, "run" or "watch", ..]
            && Path.GetFileName(program) == "dotnet";
        using var timer = new PeriodicTimer(isDotnetRun ? s_pause : Timeout.InfiniteTimeSpan, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                // An orphan gets another parent.
                if (ProcessTable.Parent(Environment.ProcessId) != parent)
                    return true;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The application stops anyway.
        }

        return false;
    }
}
