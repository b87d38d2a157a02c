namespace Aspire.Hosting.Execution;

/// <summary>What this run of the application host leaves in the engine, labelled so that it can be found and removed.</summary>
internal sealed class EngineSession(string engine, ProcessSupervisor supervisor)
{
    private const string SessionLabel = "aspire.session";
    private const string OwnerLabel = "aspire.owner";

    // An application host is known by its machine, process id and start time: a later process with the same id is another owner.
    private static readonly string s_ownerPrefix = $"{Environment.MachineName}/";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Task> _networks = [];
    private Task? _opening;

    public IReadOnlyList<string> Labels() =>
    [
        "--label", $"{SessionLabel}={supervisor.Session}",
        "--label", $"{OwnerLabel}={s_ownerPrefix}{Environment.ProcessId}-{ProcessTable.StartTime(Environment.ProcessId)}",
    ];

    /// <summary>Once per run: removes what dead application hosts left, and arranges for the end of this one.</summary>
    public Task OpenAsync(EngineCommand command, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return (_opening ??= OpenCoreAsync(command)).WaitAsync(cancellationToken);
        }
    }

    public Task EnsureNetworkAsync(EngineCommand command, string network, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_networks.TryGetValue(network, out Task? creation) || creation.IsFaulted)
            {
                _networks[network] = creation = CreateNetworkAsync(command, network);
            }

            return creation.WaitAsync(cancellationToken);
        }
    }

    private async Task OpenCoreAsync(EngineCommand command)
    {
        await RemoveLeftoversAsync(command, ["ps", "--all"], "{{index .Config.Labels \"aspire.owner\"}}", ["rm", "--force", "--volumes"]);
        await RemoveLeftoversAsync(command, ["network", "ls"], "{{index .Labels \"aspire.owner\"}}", ["network", "rm"]);

        string filter = $"--filter label={SessionLabel}={supervisor.Session}";
        string remove = $"{engine} ps --all --quiet {filter} | xargs -r {engine} rm --force --volumes; "
            + $"{engine} network ls --quiet {filter} | xargs -r {engine} network rm";
        supervisor.AtEnd(() => command.RunShellAsync(remove), remove);
    }

    private static async Task RemoveLeftoversAsync(EngineCommand command, string[] list, string ownerFormat, string[] remove)
    {
        EngineResult listed = await command.RunAsync([.. list, "--quiet", "--filter", $"label={OwnerLabel}"], CancellationToken.None);
        foreach (string id in listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] inspect = list[0] == "network" ? ["network", "inspect"] : ["inspect"];
            EngineResult owner = await command.RunAsync([.. inspect, "--format", ownerFormat, id], CancellationToken.None);
            if (owner.ExitCode == 0 && IsDead(owner.Output))
            {
                await command.RunAsync([.. remove, id], CancellationToken.None);
            }
        }
    }

    private static bool IsDead(string owner)
    {
        if (!owner.StartsWith(s_ownerPrefix, StringComparison.Ordinal))
        {
            return false; // an engine that several machines share
        }

        string[] parts = owner[s_ownerPrefix.Length..].Split('-');
        return parts.Length == 2 && int.TryParse(parts[0], out int process) && ProcessTable.StartTime(process) != parts[1];
    }

    private async Task CreateNetworkAsync(EngineCommand command, string network)
    {
        if ((await command.RunAsync(["network", "inspect", "--format", "{{.Name}}", network], CancellationToken.None)).ExitCode == 0)
        {
            return;
        }

        EngineResult created = await command.RunAsync(["network", "create", .. Labels(), network], CancellationToken.None);
        if (created.ExitCode != 0 && !created.Error.Contains("already exists", StringComparison.Ordinal))
        {
            throw new DistributedApplicationException(
                $"{engine} cannot create the network '{network}': {CommandLineContainerRuntime.LastLine(created.Error)}.");
        }
    }
}
