using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Execution;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Runtime;

/// <summary>What one instance is started with.</summary>
internal sealed record LaunchRequest(
    IResource Resource, string InstanceId, IReadOnlyList<EndpointPlan> Endpoints, IReadOnlyDictionary<string, string> Environment,
    IReadOnlyList<string> Arguments);

/// <summary>Starts instances of resources.</summary>
internal sealed class Launcher(
    ProcessSupervisor supervisor, ContainerRuntimeSource runtimes, ProjectOutputs projects, IConfiguration configuration, IHostEnvironment environment,
    AppConsole console)
{
    // These describe the application host itself; a resource that inherited them would take them for its own.
    private static readonly string[] s_ownVariables =
    [
        "ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "HTTP_PORTS", "HTTPS_PORTS", "DOTNET_LAUNCH_PROFILE",
        "DOTNET_STARTUP_HOOKS",
    ];

    // A proxy that the environment names would look for the other resources on its own machine.
    private const string NoProxy = "localhost,127.0.0.1";

    /// <summary>Makes ready whatever can be made ready before the resource may start.</summary>
    public async Task PrepareAsync(IResource resource, CancellationToken cancellationToken)
    {
        if (resource.TryGetContainerImageName(out var image))
        {
            var runtime = await runtimes.GetAsync(cancellationToken);
            await runtime.PrepareAsync(image, console.Progress, cancellationToken);
        }
        else if (resource is ProjectResource project)
        {
            projects.Find(project);
        }
    }

    public async Task<Workload> StartAsync(LaunchRequest request, Action<OutputLine> output, CancellationToken cancellationToken) =>
        request.Resource switch
        {
            ProjectResource project => supervisor.Start(OfProject(project, request), output),
            ExecutableResource executable => supervisor.Start(OfExecutable(executable, request), output),
            _ => await StartContainerAsync(request, output, cancellationToken),
        };

    private ProcessSpec OfProject(ProjectResource project, LaunchRequest request) => new()
    {
        FileName = ProjectOutputs.DotnetPath,
        Arguments = ["exec", projects.Find(project), .. request.Arguments],
        WorkingDirectory = Path.GetDirectoryName(project.GetProjectMetadata().ProjectPath)!,
        Environment = Inherited(request.Environment),
        InheritsEnvironment = false,
    };

    private static ProcessSpec OfExecutable(ExecutableResource executable, LaunchRequest request) => new()
    {
        FileName = executable.Command,
        Arguments = request.Arguments,
        WorkingDirectory = executable.WorkingDirectory,
        Environment = Inherited(request.Environment),
        InheritsEnvironment = false,
    };

    private async Task<Workload> StartContainerAsync(LaunchRequest request, Action<OutputLine> output, CancellationToken cancellationToken)
    {
        var resource = request.Resource;
        resource.TryGetContainerImageName(out var image);
        var runtime = await runtimes.GetAsync(cancellationToken);
        var shell = resource is ContainerResource { ShellExecution: true };
        var spec = new ContainerSpec
        {
            Name = resource.Annotations.OfType<ContainerNameAnnotation>().LastOrDefault()?.Name ?? request.InstanceId,
            Image = image!,
            Entrypoint = (resource as ContainerResource)?.Entrypoint,
            Arguments = shell ? ["-c", string.Join(' ', request.Arguments)] : request.Arguments,
            Environment = request.Environment,
            Volumes = [.. resource.Annotations.OfType<ContainerMountAnnotation>().Select(m =>
                new VolumeSpec(m.Source, m.Target, m.Type == ContainerMountType.BindMount, m.IsReadOnly))],
            Ports = [.. request.Endpoints.Select(e => new PortSpec(e.Endpoint.Name, e.PublicPort, e.TargetPorts[0]))],
            RuntimeArguments = await RuntimeArgumentsAsync(resource, cancellationToken),
            Network = NetworkName(IsPersistent(resource)),
            NetworkAliases =
            [
                resource.Name, $"{resource.Name}.dev.internal",
                .. resource.Annotations.OfType<ContainerNetworkAliasAnnotation>().Select(a => a.Alias),
            ],
            IsPersistent = IsPersistent(resource),
        };
        return await runtime.StartAsync(spec, output, cancellationToken);
    }

    internal static bool IsPersistent(IResource resource) =>
        resource.Annotations.OfType<ContainerLifetimeAnnotation>().LastOrDefault()?.Lifetime == ContainerLifetime.Persistent;

    private static async Task<IReadOnlyList<string>> RuntimeArgumentsAsync(IResource resource, CancellationToken cancellationToken)
    {
        var context = new ContainerRuntimeArgsCallbackContext([], cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<ContainerRuntimeArgsCallbackAnnotation>())
            await annotation.Callback(context);
        return [.. context.Args.Select(a => a.ToString() ?? "")];
    }

    private string NetworkName(bool persistent)
    {
        var application = environment.ApplicationName.ToLowerInvariant();
        return persistent
            ? $"aspire-persistent-network-{configuration["AppHost:Sha256"]![..8].ToLowerInvariant()}-{application}"
            : $"aspire-session-network-{supervisor.Session[..8]}-{application}";
    }

    private static Dictionary<string, string> Inherited(IReadOnlyDictionary<string, string> own)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
            variables[(string)variable.Key] = (string?)variable.Value ?? "";
        foreach (var name in s_ownVariables)
            variables.Remove(name);
        var exceptions = variables.GetValueOrDefault("no_proxy", variables.GetValueOrDefault("NO_PROXY", ""));
        variables["no_proxy"] = variables["NO_PROXY"] = exceptions.Length == 0 ? NoProxy : $"{exceptions},{NoProxy}";
        foreach (var (name, value) in own)
            variables[name] = value;
        return variables;
    }
}
