using System.Text.RegularExpressions;

namespace Aspire.Hosting.Execution;

/// <summary>The arguments of <c>run</c> from the container's name on, and the environment of the command line itself.</summary>
internal sealed partial record EngineArguments(IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment)
{
    // Variables that the command line, or the program loader before it, reads for itself. Each by its name: GOOGLE_API_KEY is a secret.
    private static readonly HashSet<string> s_ownNames = new(StringComparer.Ordinal)
    {
        "PATH", "HOME", "TMPDIR", "LANG", "SHELL", "USER", "SSL_CERT_FILE", "SSL_CERT_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR",
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
        "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK",
        "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_API_VERSION",
        "DOCKER_DEFAULT_PLATFORM", "DOCKER_CONTENT_TRUST", "CONTAINER_HOST", "CONTAINER_CONNECTION", "CONTAINER_SSHKEY", "CONTAINER_PROXY",
        "CONTAINERS_CONF", "CONTAINERS_REGISTRIES_CONF", "CONTAINERS_STORAGE_CONF",
    };

    public static EngineArguments For(ContainerSpec spec, string engine)
    {
        List<string> arguments = ["--name", spec.Name];
        Dictionary<string, string> environment = [];

        foreach ((string name, string value) in spec.Environment)
        {
            // Command lines can be read by everybody, so values travel in the environment of the command line tool.
            bool isOwn = s_ownNames.Contains(name);
            arguments.AddRange(["--env", isOwn ? $"{name}={value}" : name]);
            if (!isOwn)
            {
                environment[name] = value;
            }
        }

        foreach (PortSpec port in spec.Ports)
        {
            arguments.AddRange(["--publish", $"127.0.0.1:{port.HostPort}:{port.TargetPort}"]);
        }

        foreach (VolumeSpec volume in spec.Volumes)
        {
            arguments.AddRange(["--mount", Mount(volume, spec.Name)]);
        }

        if (spec.Network is not null)
        {
            arguments.AddRange(["--network", spec.Network]);
            arguments.AddRange(spec.NetworkAliases.SelectMany(alias => (string[])["--network-alias", alias]));
        }

        if (engine == "docker")
        {
            arguments.AddRange(["--add-host", "host.docker.internal:host-gateway"]);
        }

        if (spec.Entrypoint is not null)
        {
            arguments.AddRange(["--entrypoint", spec.Entrypoint]);
        }

        arguments.AddRange([.. spec.RuntimeArguments, spec.Image, .. Command(spec)]);
        return new(arguments, environment);
    }

    // A shell as the first process of a container ignores the stop signal, and its command dies with it unsaved when the patience ends;
    // a shell that becomes its one command leaves the signal to it.
    private static IEnumerable<string> Command(ContainerSpec spec) =>
        spec is { Entrypoint: "sh" or "/bin/sh" or "bash" or "/bin/bash", Arguments: ["-c", var script, ..] } && SimpleCommand().IsMatch(script)
            ? ["-c", $"exec {script}", .. spec.Arguments.Skip(2)]
            : spec.Arguments;

    [GeneratedRegex(@"^(?!exec\s)[A-Za-z0-9_./-]+(\s+[^;&|<>()`\n]+)*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SimpleCommand();

    private static string Mount(VolumeSpec volume, string container)
    {
        if (volume.IsBindMount && !Path.Exists(volume.Source))
        {
            throw new DistributedApplicationException(
                $"'{container}' cannot start: '{volume.Source}', which it mounts at '{volume.Target}', does not exist.");
        }

        List<string> fields = [volume.IsBindMount ? "type=bind" : "type=volume"];
        if (volume.Source is not null)
        {
            fields.Add($"source={volume.Source}");
        }

        fields.Add($"target={volume.Target}");
        if (volume.IsReadOnly)
        {
            fields.Add("readonly");
        }

        // The option is one line of CSV.
        return string.Join(',', fields.Select(field =>
            field.AsSpan().IndexOfAny(',', '"') < 0 ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\""));
    }
}
