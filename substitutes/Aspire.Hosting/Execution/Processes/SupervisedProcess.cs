using System.Diagnostics;

namespace Aspire.Hosting.Execution;

/// <summary>A process that leads its own session, with everything that descends from it.</summary>
internal sealed class SupervisedProcess : Workload
{
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly string _marker;
    private readonly int _group;
    private readonly Task<int> _completion;

    public SupervisedProcess(Process process, string marker, Action<OutputLine> output)
    {
        _process = process;
        _marker = marker;
        _group = process.Id;
        _process.StandardInput.Close();
        _completion = RunAsync(output);
    }

    public override int? ProcessId => _group;

    public override Task<int> Completion => _completion;

    public override async Task StopAsync(TimeSpan grace)
    {
        if (_completion.IsCompleted)
        {
            return;
        }

        PosixSignal.SendToGroup(_group, PosixSignal.Terminate);
        await ((Task)_completion).WaitAsync(grace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_completion.IsCompleted)
        {
            KillAll();
            await _completion;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        _process.Dispose();
    }

    private async Task<int> RunAsync(Action<OutputLine> output)
    {
        Task readers = Task.WhenAll(
            ReadAsync(_process.StandardOutput, isError: false, output),
            ReadAsync(_process.StandardError, isError: true, output));

        await _process.WaitForExitAsync(CancellationToken.None);

        // What the process left behind would keep its ports and hold these pipes open.
        KillAll();
        await readers.WaitAsync(s_lastWords).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _process.ExitCode;
    }

    private void KillAll()
    {
        PosixSignal.SendToGroup(_group, PosixSignal.Kill);
        foreach (int descendant in ProcessTable.WithEnvironment(ProcessSupervisor.WorkloadVariable, _marker))
        {
            PosixSignal.Send(descendant, PosixSignal.Kill);
        }
    }

    private static async Task ReadAsync(StreamReader reader, bool isError, Action<OutputLine> output)
    {
        try
        {
            while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
            {
                output(new OutputLine(line, isError));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The pipe was closed under the reader: the process has ended.
        }
    }
}
