namespace Aspire.Hosting.Execution;

internal sealed class CommandLineContainerRuntime(string engine, ProcessSupervisor supervisor) : IContainerRuntime
{
    private readonly EngineCommand _command = new(engine, supervisor);

    public string Name => _command.Engine;

    public Task PrepareAsync(string image, Action<string> progress, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Workload> StartAsync(ContainerSpec spec, Action<OutputLine> output, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task DeleteVolumesAsync(string volumePrefix, Action<string> progress, CancellationToken cancellationToken) => throw new NotSupportedException();
}
