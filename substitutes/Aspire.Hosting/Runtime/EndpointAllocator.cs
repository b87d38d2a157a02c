using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Execution;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Runtime;

/// <summary>Where one endpoint of a resource is reached, and where its instances listen.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="PublicPort">The port that others use.</param>
/// <param name="TargetPorts">The port that each instance listens on; inside the container, for containers.</param>
/// <param name="IsProxied">Whether a proxy passes connections from the one to the others.</param>
internal sealed record EndpointPlan(EndpointAnnotation Endpoint, int PublicPort, IReadOnlyList<int> TargetPorts, bool IsProxied);

/// <summary>Chooses the ports of resources.</summary>
internal sealed class EndpointAllocator(IConfiguration configuration, UserSecrets secrets)
{
    // After a kill, the processes of the previous run need a moment to die.
    private static readonly TimeSpan s_patienceWithHolder = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly bool _randomize = configuration.GetValue<bool>("DcpPublisher:RandomizePorts");

    /// <exception cref="DistributedApplicationException">A port is taken, or the endpoints contradict each other.</exception>
    public async Task<IReadOnlyList<EndpointPlan>> PlanAsync(IResource resource, CancellationToken cancellationToken)
    {
        var plans = new List<EndpointPlan>();
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            var plan = resource.IsContainer() ? ForContainer(resource, endpoint) : ForProcess(resource, endpoint);
            if (endpoint.Protocol == ProtocolType.Tcp && !(plan.IsProxied && _randomize))
                await RequireFreeAsync(resource, plan, cancellationToken);
            plans.Add(plan);
        }

        return plans;
    }

    /// <summary>Announces the addresses: on this machine at once, on the containers' network as the engine sees it.</summary>
    public static void Announce(IResource resource, EndpointPlan plan, bool hasEngine)
    {
        var endpoint = plan.Endpoint;
        var targetPort = plan.IsProxied && plan.TargetPorts.Count > 1 ? InstanceTemplate.TargetPort(endpoint.Name) : $"{plan.TargetPorts[0]}";
        var host = endpoint.TargetHost is "0.0.0.0" or "*" or "+" or "[::]" ? KnownHostNames.Localhost : endpoint.TargetHost;
        endpoint.AllAllocatedEndpoints.AddOrUpdateAllocatedEndpoint(
            KnownNetworkIdentifiers.LocalhostNetwork,
            new AllocatedEndpoint(endpoint, host, plan.PublicPort, EndpointBindingMode.SingleAddress, targetPort));

        var network = KnownNetworkIdentifiers.DefaultAspireContainerNetwork;
        var (address, port) = !hasEngine ? (KnownHostNames.Localhost, plan.PublicPort)
            : resource.IsContainer() ? ($"{resource.Name}.dev.internal", plan.TargetPorts[0])
            : (KnownHostNames.DockerDesktopHostBridge, plan.PublicPort);
        endpoint.AllAllocatedEndpoints.AddOrUpdateAllocatedEndpoint(
            network, new AllocatedEndpoint(endpoint, address, port, EndpointBindingMode.SingleAddress, targetPort, network));
    }

    private EndpointPlan ForContainer(IResource resource, EndpointAnnotation endpoint)
    {
        var targetPort = endpoint.ExplicitTargetPort ?? (endpoint.IsProxied ? null : endpoint.ExplicitPort);
        if (targetPort is null)
        {
            throw new DistributedApplicationException(
                $"The endpoint '{endpoint.Name}' of the container '{resource.Name}' needs a target port: the port inside the container.");
        }

        var publicPort = FixedPort(endpoint) ?? KeptPort(resource, endpoint) ?? Ports.Reserve();
        return new EndpointPlan(endpoint, publicPort, [targetPort.Value], IsProxied: false);
    }

    private EndpointPlan ForProcess(IResource resource, EndpointAnnotation endpoint)
    {
        var replicas = Math.Max(1, resource.GetReplicaCount());
        var target = endpoint.ExplicitTargetPort;
        if (replicas > 1)
        {
            if (target is not null)
                throw Contradiction(resource, endpoint, "has replicas, which cannot all listen on one target port");
            if (!endpoint.IsProxied)
                throw Contradiction(resource, endpoint, "has replicas, which need a proxied endpoint");
            return new EndpointPlan(
                endpoint, FixedPort(endpoint) ?? Ports.Reserve(), [.. Enumerable.Range(0, replicas).Select(_ => Ports.Reserve())], IsProxied: true);
        }

        var port = FixedPort(endpoint);
        if (!endpoint.IsProxied && port is not null && target is not null && port != target)
            throw Contradiction(resource, endpoint, $"is not proxied, so its port {port} and its target port {target} must be the same");

        // One process can listen on the public port itself; a proxy is needed only where it insists on another one.
        var publicPort = port ?? target ?? Ports.Reserve();
        return new EndpointPlan(endpoint, publicPort, [target ?? publicPort], IsProxied: target is not null && target != publicPort);
    }

    private int? FixedPort(EndpointAnnotation endpoint) => _randomize && endpoint.IsProxied ? null : endpoint.ExplicitPort;

    // A container that outlives the application host must be found on the same port next time.
    private int? KeptPort(IResource resource, EndpointAnnotation endpoint)
    {
        if (_randomize || resource.Annotations.OfType<ContainerLifetimeAnnotation>().LastOrDefault()?.Lifetime != ContainerLifetime.Persistent)
            return null;

        var key = $"Resources:{resource.Name}:{endpoint.Name}:port";
        if (configuration.GetValue<int?>(key) is { } kept)
            return kept;

        var port = Ports.Reserve();
        secrets.TrySet(key, $"{port}");
        return port;
    }

    private static async Task RequireFreeAsync(IResource resource, EndpointPlan plan, CancellationToken cancellationToken)
    {
        if (resource.Annotations.OfType<ContainerLifetimeAnnotation>().LastOrDefault()?.Lifetime == ContainerLifetime.Persistent)
            return;

        for (var waited = TimeSpan.Zero; !Ports.CanBind(plan.PublicPort); waited += s_pause)
        {
            if (waited >= s_patienceWithHolder)
            {
                throw new DistributedApplicationException(
                    $"Port {plan.PublicPort} of the endpoint '{plan.Endpoint.Name}' of the resource '{resource.Name}' is taken by " +
                    $"{Ports.DescribeHolder(plan.PublicPort) ?? "another process"}; stop it or choose another port{PlaceOf(resource, plan.PublicPort)}.");
            }

            await Task.Delay(s_pause, cancellationToken);
        }
    }

    // Nothing in AppHost.cs points to the file that a project's port comes from.
    private static string PlaceOf(IResource resource, int port)
    {
        if (resource is not ProjectResource project || !project.HasAnnotationOfType<LaunchProfileAnnotation>())
            return "";

        var directory = Path.GetDirectoryName(project.GetProjectMetadata().ProjectPath)!;
        var isThere = LaunchProfiles.Read(directory)?.Profiles.Values
            .Any(profile => profile.ApplicationUrl?.Contains($":{port}", StringComparison.Ordinal) == true);
        return isThere == true ? $" in '{Path.Combine(directory, "Properties", "launchSettings.json")}'" : "";
    }

    private static DistributedApplicationException Contradiction(IResource resource, EndpointAnnotation endpoint, string why) =>
        new($"The endpoint '{endpoint.Name}' cannot be set up: the resource '{resource.Name}' {why}.");
}
