using System.Text;

namespace Aspire.Hosting.Execution;

/// <summary>What one call of an engine's command line gave: standard output and standard error, trimmed.</summary>
internal readonly record struct EngineResult(int ExitCode, string Output, string Error);

/// <summary>Calls an engine's command line.</summary>
internal sealed class EngineCommand(string engine, ProcessSupervisor supervisor)
{
    public string Engine { get; } = engine;

    public async Task<EngineResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        StringBuilder output = new();
        StringBuilder error = new();
        await using Workload process = Start(arguments, new Dictionary<string, string>(), line =>
        {
            StringBuilder target = line.IsError ? error : output;
            lock (target)
            {
                target.Append(line.Text).Append('\n');
            }
        });
        int code = await process.Completion.WaitAsync(cancellationToken);
        return new(code, output.ToString().Trim(), error.ToString().Trim());
    }

    public Workload Start(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, Action<OutputLine> output) =>
        supervisor.Start(new ProcessSpec { FileName = Engine, Arguments = arguments, WorkingDirectory = "/", Environment = environment }, output);
}
