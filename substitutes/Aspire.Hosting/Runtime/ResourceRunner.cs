using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Execution;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Runtime;

/// <summary>Runs the instances of one project, executable or container.</summary>
internal sealed class ResourceRunner : IAsyncDisposable
{
    private readonly RunServices _services;
    private readonly InstanceRunner[] _instances;
    private readonly IResource[] _children;
    private readonly List<(EndpointPlan Plan, TcpLoadBalancer Balancer)> _balancers = [];
    private readonly bool _isAwaitedToEnd;
    private CancellationTokenSource _wait = new();
    private Task _preparation = Task.CompletedTask;

    public ResourceRunner(IResource resource, RunServices services)
    {
        Resource = resource;
        _services = services;
        _instances = [.. ResourceInstances.IdsOf(resource).Select(id => new InstanceRunner(this, id, services))];
        _children = [.. services.Model.Resources.Where(r => !r.IsExecutable() && r.SelfAndAncestors().Skip(1).Contains(resource))];
        _isAwaitedToEnd = services.Model.Resources.SelectMany(r => r.Annotations.OfType<WaitAnnotation>())
            .Any(w => w.WaitType == WaitType.WaitForCompletion && ReferenceEquals(w.Resource, resource));
    }

    public IResource Resource { get; }

    public bool IsContainer => Resource.IsContainer();

    public IReadOnlyList<InstanceRunner> Instances => _instances;

    public IReadOnlyList<EndpointPlan> Endpoints { get; private set; } = [];

    /// <summary>Ends the wait for dependencies, so that a person can start the resource regardless.</summary>
    public CancellationToken WaitToken => _wait.Token;

    /// <summary>Sets where the resource listens, and opens the proxies.</summary>
    public void UseEndpoints(IReadOnlyList<EndpointPlan> plans)
    {
        Endpoints = plans;
        foreach (var plan in plans.Where(p => p.IsProxied))
        {
            var balancer = new TcpLoadBalancer(plan.PublicPort);
            balancer.Start();
            _balancers.Add((plan, balancer));
        }
    }

    /// <summary>Begins what does not have to wait for dependencies, such as pulling an image.</summary>
    public void BeginPreparation(CancellationToken cancellationToken) =>
        _preparation = Task.Run(() => _services.Launcher.PrepareAsync(Resource, cancellationToken), cancellationToken);

    /// <summary>Starts all instances, or the given one; failures become the state <c>FailedToStart</c>.</summary>
    public async Task StartAsync(InstanceRunner? only, CancellationToken cancellationToken)
    {
        var instances = only is null ? _instances : [only];
        try
        {
            foreach (var instance in instances)
            {
                Publish(instance, s => s with
                {
                    State = new ResourceStateSnapshot(KnownResourceStates.Starting, KnownResourceStateStyles.Info),
                    ExitCode = null,
                    StopTimeStamp = null,
                });
            }

            await AnnounceConnectionStringsAsync(cancellationToken);
            await _services.Eventing.PublishAsync(new BeforeResourceStartedEvent(Resource, _services.Provider), cancellationToken);
            await _preparation.WaitAsync(cancellationToken);
            await Task.WhenAll(instances.Select(i => i.StartAsync(cancellationToken)));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            await FailAsync(instances, e);
        }
    }

    /// <summary>Says why the resource cannot start.</summary>
    public Task FailAsync(Exception exception) => FailAsync(_instances, exception);

    /// <summary>Starts the resource although what it waits for is not ready.</summary>
    public async Task SkipWaitAsync()
    {
        await _wait.CancelAsync();
        _wait = new CancellationTokenSource();
    }

    public Task StopAsync(TimeSpan grace) => Task.WhenAll(_instances.Select(i => i.StopAsync(grace)));

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, balancer) in _balancers)
            await balancer.DisposeAsync();
        _balancers.Clear();
        foreach (var instance in _instances)
            await instance.DisposeAsync();
        _wait.Dispose();
    }

    /// <summary>Whether an instance that ended by itself is started again.</summary>
    public bool RestartsAfter(int exitCode) => !_isAwaitedToEnd && (IsContainer || exitCode != 0);

    /// <summary>Resolves what an instance is started with.</summary>
    public async Task<LaunchRequest> BuildRequestAsync(InstanceRunner instance, CancellationToken cancellationToken)
    {
        var configuration = await ExecutionConfigurationBuilder.Create(Resource)
            .WithEnvironmentVariablesConfig()
            .WithArgumentsConfig()
            .BuildAsync(_services.ExecutionContext, _services.Loggers.GetLogger(Resource), cancellationToken);
        if (configuration.Exception is { } e)
            throw new DistributedApplicationException($"The resource '{Resource.Name}' cannot be configured: {e.Message}", e);

        var index = Array.IndexOf(_instances, instance);
        var ports = Endpoints.ToDictionary(
            p => p.Endpoint.Name, p => p.TargetPorts[Math.Min(index, p.TargetPorts.Count - 1)], StringComparer.OrdinalIgnoreCase);
        string Fill(string text) => InstanceTemplate.Fill(text, instance.Id, ports);
        return new LaunchRequest(
            Resource, instance.Id, Endpoints, configuration.EnvironmentVariables.ToDictionary(v => v.Key, v => Fill(v.Value), StringComparer.Ordinal),
            [.. configuration.Arguments.Select(a => Fill(a.Value))]);
    }

    public void Publish(InstanceRunner instance, Func<CustomResourceSnapshot, CustomResourceSnapshot> change)
    {
        _services.Notifications.Publish(Resource, instance.Id, change);

        // What lives inside a server lives and dies with it.
        foreach (var child in _children)
        {
            _services.Notifications.Publish(child, child.Name, s =>
            {
                var parent = change(s);
                return s with
                {
                    State = parent.State,
                    StartTimeStamp = parent.StartTimeStamp,
                    StopTimeStamp = parent.StopTimeStamp,
                    ExitCode = parent.ExitCode,
                };
            });
        }
    }

    public void PublishRunning(InstanceRunner instance, LaunchRequest request, int? processId)
    {
        var properties = ImmutableArray.CreateBuilder<ResourcePropertySnapshot>();
        if (processId is { } pid)
            properties.Add(new ResourcePropertySnapshot("executable.pid", pid));
        if (Resource.TryGetContainerImageName(out var image))
            properties.Add(new ResourcePropertySnapshot("container.image", image));
        if (Resource is ProjectResource project)
            properties.Add(new ResourcePropertySnapshot("project.path", project.GetProjectMetadata().ProjectPath));
        Publish(instance, s => s with
        {
            State = new ResourceStateSnapshot(KnownResourceStates.Running, KnownResourceStateStyles.Success),
            StartTimeStamp = _services.Time.GetUtcNow().UtcDateTime,
            StopTimeStamp = null,
            ExitCode = null,
            Properties = properties.ToImmutable(),
            EnvironmentVariables = [.. request.Environment.Select(v => new EnvironmentVariableSnapshot(v.Key, v.Value, IsFromSpec: true))],
        });
        TargetsChanged();
    }

    /// <summary>Ends an instance's life, with a message when it failed.</summary>
    public async Task EndAsync(InstanceRunner instance, string state, int? exitCode, string? failure)
    {
        TargetsChanged();
        if (failure is not null)
            _services.Loggers.Append(Resource, instance.Id, failure, isError: true);
        Publish(instance, s => s with
        {
            State = new ResourceStateSnapshot(state, failure is not null || exitCode is not (null or 0) ? KnownResourceStateStyles.Error : null),
            ExitCode = exitCode,
            StopTimeStamp = _services.Time.GetUtcNow().UtcDateTime,
        });
        if (failure is not null)
            _services.Failures.Record(Resource, failure);
        if (_services.Notifications.TryGetCurrentState(instance.Id, out var last))
            await _services.Eventing.PublishAsync(new ResourceStoppedEvent(Resource, _services.Provider, last), CancellationToken.None);
    }

    /// <summary>Sends connections to the instances that run now.</summary>
    public void TargetsChanged()
    {
        foreach (var (plan, balancer) in _balancers)
            balancer.SetTargets([.. plan.TargetPorts.Where((_, i) => _instances[Math.Min(i, _instances.Length - 1)].IsUp)]);
    }

    private async Task AnnounceConnectionStringsAsync(CancellationToken cancellationToken)
    {
        foreach (var resource in _children.Prepend(Resource).OfType<IResourceWithConnectionString>())
            await _services.Eventing.PublishAsync(new ConnectionStringAvailableEvent(resource, _services.Provider), cancellationToken);
    }

    private async Task FailAsync(IEnumerable<InstanceRunner> instances, Exception exception)
    {
        var why = exception is DistributedApplicationException or IOException ? exception.Message : $"{exception.GetType().Name}: {exception.Message}";
        var message = why.Contains($"'{Resource.Name}'", StringComparison.Ordinal) ? why : $"The resource '{Resource.Name}' cannot start: {why}";
        foreach (var instance in instances)
            await EndAsync(instance, KnownResourceStates.FailedToStart, null, message);
    }
}
