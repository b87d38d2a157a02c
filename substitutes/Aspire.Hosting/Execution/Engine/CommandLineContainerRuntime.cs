namespace Aspire.Hosting.Execution;

/// <summary>Runs containers through the command line of docker or podman.</summary>
internal sealed class CommandLineContainerRuntime(string engine, ProcessSupervisor supervisor) : IContainerRuntime
{
    private readonly EngineCommand _command = new(engine, supervisor);
    private readonly EngineSession _session = new(engine, supervisor);

    public string Name => _command.Engine;

    public async Task PrepareAsync(string image, Action<string> progress, CancellationToken cancellationToken)
    {
        if ((await _command.RunAsync(["image", "inspect", "--format", "{{.Id}}", image], cancellationToken)).ExitCode == 0)
        {
            return;
        }

        progress($"{Name} pulls {image}");
        EngineResult pulled = await _command.RunAsync(["pull", "--quiet", image], cancellationToken);
        if (pulled.ExitCode != 0)
        {
            throw new DistributedApplicationException(
                $"{Name} cannot pull the image '{image}': {LastLine(pulled.Error)}. Check its name and the connection to its registry, or set "
                + "ASPIRE_CONTAINER_RUNTIME=none to run local servers.");
        }
    }

    public async Task<Workload> StartAsync(ContainerSpec spec, Action<OutputLine> output, CancellationToken cancellationToken)
    {
        await _session.OpenAsync(_command, cancellationToken);
        if (spec.Network is not null)
        {
            await _session.EnsureNetworkAsync(_command, spec.Network, cancellationToken);
        }

        if (spec.IsPersistent)
        {
            return await PersistentContainer.StartAsync(_command, spec, output, cancellationToken);
        }

        await _command.RunAsync(["rm", "--force", "--volumes", spec.Name], cancellationToken);
        EngineArguments run = EngineArguments.For(spec, Name);
        Workload client = _command.Start(
            ["run", "--rm", "--sig-proxy=false", .. _session.Labels(), .. run.Arguments], run.Environment, output);
        return new SessionContainer(_command, spec.Name, client);
    }

    public async Task<IReadOnlyList<string>> FindVolumesAsync(string prefix, CancellationToken cancellationToken)
    {
        EngineResult list = await _command.RunAsync(["volume", "ls", "--quiet", "--filter", $"name={prefix}"], cancellationToken);

        // The filter matches anywhere in a name.
        return [.. list.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))];
    }

    public async Task DeleteVolumesAsync(IReadOnlyList<string> volumes, Action<string> progress, CancellationToken cancellationToken)
    {
        foreach (string volume in volumes)
        {
            EngineResult removed = await _command.RunAsync(["volume", "rm", volume], cancellationToken);
            if (removed.ExitCode != 0)
            {
                throw new DistributedApplicationException(
                    $"{Name} cannot delete the volume '{volume}': {LastLine(removed.Error)}. Stop the application and its persistent containers first.");
            }

            progress($"deleted volume {volume}");
        }
    }

    internal static string LastLine(string text) => text.Split('\n')[^1].TrimEnd('.', ' ');
}
