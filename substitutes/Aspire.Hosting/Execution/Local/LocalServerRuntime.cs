using System.Text.RegularExpressions;

namespace Aspire.Hosting.Execution;

/// <summary>
/// Runs the containers of known images as server processes of this machine, in namespaces of their own over a shared, read-only Debian
/// tree. There is no network namespace: a server listens on the host port itself. Containers with a persistent lifetime end with the
/// application host like the others; their volumes stay.
/// </summary>
internal sealed partial class LocalServerRuntime : IContainerRuntime
{
    private const int LooksForUse = 10;
    private const string SearchPath = "/opt/aspire-local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly TimeSpan s_pauseBetweenLooks = TimeSpan.FromMilliseconds(100);

    private readonly LocalServerDirectory _directory;
    private readonly LocalServerInstaller _installer;
    private readonly LocalServerInstances _instances;
    private readonly ProcessSupervisor _supervisor;
    private readonly Lock _gate = new();
    private Task? _installation;

    public LocalServerRuntime(ProcessSupervisor supervisor, LocalServerDirectory directory, LocalServerInstaller? installer = null)
    {
        _supervisor = supervisor;
        _directory = directory;
        _installer = installer ?? new LocalServerInstaller(directory, supervisor);
        _instances = new LocalServerInstances(directory, supervisor);
    }

    public string Name => "local";

    public Task PrepareAsync(string image, Action<string> progress, CancellationToken cancellationToken)
    {
        LocalServerCatalog.Find(image);
        lock (_gate)
        {
            // One installation serves all images; a failed one may be tried again.
            if (_installation is null || _installation.IsFaulted || _installation.IsCanceled)
            {
                _installation = _installer.InstallAsync(progress, cancellationToken);
            }

            return _installation.WaitAsync(cancellationToken);
        }
    }

    public Task<Workload> StartAsync(ContainerSpec spec, Action<OutputLine> output, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LocalServer server = LocalServerCatalog.Find(spec.Image);
        int port = HostPort(spec, server);
        string scripts = _directory.WriteScripts();

        List<string> arguments =
        [
            "--mount", "--pid", "--ipc", "--fork", "--kill-child",
            "/bin/sh", Path.Combine(scripts, "launch"), _directory.Root, Path.Combine(scripts, "image"), server.StopSignal,
        ];
        foreach (VolumeSpec volume in Mounts(spec, server))
        {
            arguments.AddRange([volume.IsReadOnly ? "ro" : "rw", SourceOf(volume, spec), volume.Target]);
        }

        arguments.AddRange(["--", spec.Entrypoint ?? server.Entrypoint, .. spec.Arguments]);

        Dictionary<string, string> environment = new()
        {
            ["PATH"] = SearchPath,
            ["HOME"] = "/root",
            ["LANG"] = "C.UTF-8",
            ["ASPIRE_LOCAL_HOST"] = "127.0.0.1",
            ["ASPIRE_LOCAL_PORT"] = $"{port}",
        };
        foreach ((string name, string value) in server.Environment.Concat(spec.Environment))
        {
            environment[name] = value;
        }

        return Task.FromResult(_supervisor.Start(
            new ProcessSpec
            {
                FileName = "unshare",
                Arguments = arguments,
                WorkingDirectory = _directory.Path,
                Environment = environment,
                InheritsEnvironment = false,
            },
            output));
    }

    public Task<IReadOnlyList<string>> FindVolumesAsync(string prefix, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>(Directory.Exists(_directory.Volumes)
            ? [.. Directory.GetDirectories(_directory.Volumes, $"{prefix}*").Select(path => Path.GetFileName(path))]
            : []);

    public async Task DeleteVolumesAsync(IReadOnlyList<string> volumes, Action<string> progress, CancellationToken cancellationToken)
    {
        foreach (string volume in volumes)
            await RequireUnusedAsync(volume, cancellationToken);
        foreach (string volume in volumes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Directory.Delete(Path.Combine(_directory.Volumes, volume), recursive: true);
            progress($"deleted volume {volume}");
        }
    }

    private async Task RequireUnusedAsync(string volume, CancellationToken cancellationToken)
    {
        // A server that has just been killed may still be ending.
        for (int looks = LooksForUse; ; looks--)
        {
            // The server is known by its name; unshare and the shell that keep it are not.
            int user = ProcessTable.WithMountOf(Path.Combine(_directory.Volumes, volume))
                .OrderBy(process => ProcessTable.Name(process) is "unshare" or "sh")
                .FirstOrDefault();
            if (user == 0)
                return;
            if (looks == 0)
            {
                throw new DistributedApplicationException(
                    $"The volume '{volume}' is in use by {ProcessTable.Name(user)} (pid {user}), so nothing is deleted; "
                    + "stop the application first.");
            }

            await Task.Delay(s_pauseBetweenLooks, cancellationToken);
        }
    }

    private static int HostPort(ContainerSpec spec, LocalServer server)
    {
        PortSpec? endpoint = spec.Ports.FirstOrDefault(port => port.TargetPort == server.Port) ?? (spec.Ports.Count > 0 ? spec.Ports[0] : null);
        if (endpoint is null)
        {
            return Ports.Reserve();
        }

        if (Ports.DescribeHolder(endpoint.HostPort) is { } holder)
        {
            throw new DistributedApplicationException(
                $"'{spec.Name}' cannot listen on port {endpoint.HostPort} (endpoint '{endpoint.EndpointName}'): {holder} does; stop it or choose another port.");
        }

        return endpoint.HostPort;
    }

    private static IEnumerable<VolumeSpec> Mounts(ContainerSpec spec, LocalServer server)
    {
        bool hasData = spec.Volumes.Any(volume => volume.Target.TrimEnd('/') == server.DataDirectory);
        IEnumerable<VolumeSpec> all = hasData ? spec.Volumes : [new VolumeSpec(null, server.DataDirectory, false, false), .. spec.Volumes];

        // An outer directory first, or it would hide what is mounted within it.
        return all.OrderBy(volume => volume.Target.Count(character => character == '/')).ThenBy(volume => volume.Target.Length);
    }

    private string SourceOf(VolumeSpec volume, ContainerSpec spec)
    {
        if (volume.Source is null)
        {
            return _instances.DirectoryFor(spec.Name, volume.Target);
        }

        if (volume.IsBindMount)
        {
            return Path.Exists(volume.Source)
                ? volume.Source
                : throw new DistributedApplicationException(
                    $"'{spec.Name}' cannot start: '{volume.Source}', which it mounts at '{volume.Target}', does not exist.");
        }

        if (!VolumeName().IsMatch(volume.Source))
        {
            throw new DistributedApplicationException(
                $"'{spec.Name}' cannot start: '{volume.Source}' is no volume name; use letters, digits, '_', '.' and '-'.");
        }

        return LocalServerDirectory.Make(Path.Combine(_directory.Volumes, volume.Source));
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9_.-]*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VolumeName();
}
