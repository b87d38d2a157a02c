using System.Security.Cryptography;
using System.Text.Json;

namespace Aspire.Hosting.Execution;

/// <summary>A container that outlives the application host; a later run with the same specification finds and takes it over.</summary>
internal sealed class PersistentContainer : Workload
{
    private const string SpecLabel = "aspire.spec";
    private const int LinesOfThePast = 200;

    private readonly EngineCommand _command;
    private readonly string _name;
    private readonly Workload _logs;
    private readonly Workload _wait;
    private readonly Task<int> _completion;
    private volatile int _exitCode;

    private PersistentContainer(EngineCommand command, string name, Action<OutputLine> output)
    {
        _command = command;
        _name = name;
        Dictionary<string, string> none = [];
        _logs = command.Start(["logs", "--follow", "--tail", $"{LinesOfThePast}", name], none, output);
        _wait = command.Start(["wait", name], none, line => _exitCode = int.TryParse(line.Text, out int code) ? code : _exitCode);
        _completion = CompleteAsync();
    }

    public override int? ProcessId => null;

    public override Task<int> Completion => _completion;

    public static async Task<PersistentContainer> StartAsync(
        EngineCommand command, ContainerSpec spec, Action<OutputLine> output, CancellationToken cancellationToken)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(spec)));
        EngineResult existing = await command.RunAsync(
            ["inspect", "--type", "container", "--format", $"{{{{index .Config.Labels \"{SpecLabel}\"}}}}", spec.Name], cancellationToken);

        EngineResult started;
        if (existing.ExitCode == 0 && existing.Output == hash)
        {
            started = await command.RunAsync(["start", spec.Name], cancellationToken);
        }
        else
        {
            await command.RunAsync(["rm", "--force", "--volumes", spec.Name], cancellationToken);
            EngineArguments run = EngineArguments.For(spec, command.Engine);
            started = await command.RunAsync(
                ["run", "--detach", "--label", $"{SpecLabel}={hash}", .. run.Arguments], run.Environment, cancellationToken);
        }

        return started.ExitCode == 0
            ? new PersistentContainer(command, spec.Name, output)
            : throw new DistributedApplicationException(
                $"{command.Engine} cannot start the container '{spec.Name}': {CommandLineContainerRuntime.LastLine(started.Error)}.");
    }

    public override async Task StopAsync(TimeSpan grace)
    {
        if (!_completion.IsCompleted)
        {
            await _command.RunAsync(["stop", "-t", $"{(int)Math.Ceiling(grace.TotalSeconds)}", _name], CancellationToken.None);
            await _completion;
        }
    }

    /// <summary>Lets go of the container, which goes on.</summary>
    public override async ValueTask DisposeAsync()
    {
        await _wait.DisposeAsync();
        await _logs.DisposeAsync();
    }

    private async Task<int> CompleteAsync()
    {
        await _wait.Completion;
        return _exitCode;
    }
}
