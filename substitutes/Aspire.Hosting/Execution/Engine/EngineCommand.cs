using System.Text;

namespace Aspire.Hosting.Execution;

/// <summary>What one call of an engine's command line gave: standard output and standard error, trimmed.</summary>
internal readonly record struct EngineResult(int ExitCode, string Output, string Error);

/// <summary>Calls an engine's command line.</summary>
internal sealed class EngineCommand(string engine, ProcessSupervisor supervisor)
{
    private static readonly Dictionary<string, string> s_noEnvironment = [];

    public string Engine { get; } = engine;

    public Task<EngineResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        RunAsync(arguments, s_noEnvironment, cancellationToken);

    public Task<EngineResult> RunAsync(
        IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken) =>
        RunAsync(Engine, arguments, environment, cancellationToken);

    public Task RunShellAsync(string script) => RunAsync("/bin/sh", ["-c", script], s_noEnvironment, CancellationToken.None);

    public Workload Start(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, Action<OutputLine> output) =>
        Start(Engine, arguments, environment, output);

    private async Task<EngineResult> RunAsync(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        StringBuilder output = new();
        StringBuilder error = new();
        await using Workload process = Start(program, arguments, environment, line => (line.IsError ? error : output).Append(line.Text).Append('\n'));
        int code = await process.Completion.WaitAsync(cancellationToken);
        return new(code, output.ToString().Trim(), error.ToString().Trim());
    }

    private Workload Start(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, Action<OutputLine> output) =>
        supervisor.Start(
            new ProcessSpec { FileName = program, Arguments = arguments, WorkingDirectory = "/", Environment = environment }, output);
}
