namespace Aspire.Hosting.Execution;

/// <summary>Makes the Debian tree with the servers, once per user, by the script <c>provision</c>.</summary>
internal sealed class LocalServerInstaller(LocalServerDirectory directory, ProcessSupervisor supervisor)
{
    private const long NeededBytes = 2_000_000_000;

    /// <summary>How many bytes are free at a path.</summary>
    public Func<string, long> FreeBytes { get; init; } = path => new DriveInfo(path).AvailableFreeSpace;

    /// <summary>Variables for the script on top of those of this process.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    public Func<bool> IsRoot { get; init; } = () => Environment.IsPrivilegedProcess;

    /// <exception cref="DistributedApplicationException">The servers cannot be installed; the message says why and what to do.</exception>
    public async Task InstallAsync(Action<string> progress, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux() || !IsRoot())
        {
            throw new DistributedApplicationException(
                "Containers cannot run: neither a container engine answers nor is this user root; start docker (or podman), or run as root.");
        }

        directory.RequireWritable();
        if (Directory.Exists(directory.Root) && File.Exists(directory.CompleteMarker)
            && await File.ReadAllTextAsync(directory.CompleteMarker, cancellationToken) == LocalServerDirectory.ProvisioningVersion)
        {
            return;
        }

        if (!Directory.Exists(directory.Root) && FreeBytes(directory.Path) is var free && free < NeededBytes)
        {
            throw new DistributedApplicationException(
                $"The local servers need about {NeededBytes / 1e9:0} GB, and {free / 1e9:0.0} GB are free at '{directory.Path}'; free some space, "
                + "set XDG_DATA_HOME to a larger disk, or start docker.");
        }

        await RunScriptAsync(progress, cancellationToken);
        await File.WriteAllTextAsync(directory.CompleteMarker, LocalServerDirectory.ProvisioningVersion, cancellationToken);
    }

    private async Task RunScriptAsync(Action<string> progress, CancellationToken cancellationToken)
    {
        string? reason = null;
        ProcessSpec spec = new()
        {
            FileName = "/bin/sh",
            Arguments = [Path.Combine(directory.WriteScripts(), "provision"), directory.Path],
            WorkingDirectory = directory.Path,
            Environment = Variables,
        };
        await using Workload script = supervisor.Start(spec, line =>
        {
            if (line.Text.StartsWith("progress ", StringComparison.Ordinal))
            {
                progress(line.Text["progress ".Length..]);
            }
            else if (line.Text.StartsWith("error ", StringComparison.Ordinal))
            {
                reason = line.Text["error ".Length..];
            }
        });

        int code = await script.Completion.WaitAsync(cancellationToken);
        if (code != 0)
        {
            reason ??= $"the installation ended with exit code {code} (log: {Path.Combine(directory.Path, "provision.log")})";
            throw new DistributedApplicationException($"The local servers could not be installed: {reason}");
        }
    }
}
