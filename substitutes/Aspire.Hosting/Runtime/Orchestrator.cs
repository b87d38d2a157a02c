using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Lifecycle;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.Runtime;

/// <summary>Takes the application through its life: events, ports, waits, starts, and the ordered stop.</summary>
internal sealed class Orchestrator(
    RunServices run, EndpointAllocator allocator, ContainerRuntimeSource runtimes, DependencyWaiter waiter, ParameterInitializer parameters,
    IEnumerable<IDistributedApplicationEventingSubscriber> subscribers, IOptions<HealthCheckServiceOptions> healthChecks, RunSettings settings)
    : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan s_stopBudget = TimeSpan.FromSeconds(9);

    private readonly Dictionary<IResource, ResourceRunner> _runners = new(ReferenceEqualityComparer.Instance);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _initializations = [];
    private readonly HashSet<ResourceRunner> _failedBeforeStart = [];

    private IEnumerable<IResource> Resources => run.Model.Resources;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        var token = either.Token;
        foreach (var subscriber in subscribers)
            await subscriber.SubscribeAsync(run.Eventing, run.ExecutionContext, token);
        await run.Eventing.PublishAsync(new BeforeStartEvent(run.Provider, run.Model), token);

        // Only now is the model complete: subscribers may have changed it.
        DependencyGraph.RequireAcyclic(Resources);
        RequireHealthChecks();
        AddRunners();
        run.Eventing.Subscribe<BeforeResourceStartedEvent>(WaitForDependenciesAsync);
        AnnounceResources();
        await parameters.InitializeAsync(token);
        foreach (var resource in Resources.ToList())
            _initializations.Add(InitializeAsync(resource));

        await AllocateEndpointsAsync(token);
        await Task.WhenAll(_runners.Values.Where(StartsByItself).Select(r => r.StartAsync(null, token)));
        await run.Eventing.PublishAsync(new AfterResourcesCreatedEvent(run.Provider, run.Model), token);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        var order = DependencyGraph.StopOrder([.. _runners.Keys]);
        var begin = run.Time.GetTimestamp();
        for (var i = 0; i < order.Count; i++)
        {
            // Whoever comes later may use what earlier ones left over.
            var left = s_stopBudget - run.Time.GetElapsedTime(begin);
            var grace = left > TimeSpan.Zero ? left / (order.Count - i) : TimeSpan.Zero;
            await Task.WhenAll(order[i].Where(r => !OutlivesHost(r)).Select(r => _runners[r].StopAsync(grace)));
        }

        await Task.WhenAll(_initializations).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var runner in _runners.Values.Where(r => !OutlivesHost(r.Resource)))
            await runner.DisposeAsync();
        _stopping.Dispose();
    }

    /// <summary>Starts an instance by command.</summary>
    public async Task<ExecuteCommandResult> StartInstanceAsync(IResource resource, string id, CancellationToken cancellationToken)
    {
        var (runner, instance) = Find(resource, id);
        if (run.Notifications.TryGetCurrentState(id, out var state) && state.Snapshot.State?.Text == KnownResourceStates.Waiting)
        {
            await runner.SkipWaitAsync();
            return CommandResults.Success();
        }

        if (instance.IsUp)
            return CommandResults.Failure($"'{id}' is running already.");
        runner.BeginPreparation(_stopping.Token);
        await runner.StartAsync(instance, cancellationToken);
        return run.Notifications.TryGetCurrentState(id, out var now) && now.Snapshot.State?.Text == KnownResourceStates.FailedToStart
            ? CommandResults.Failure($"'{id}' failed to start; its log says why.")
            : CommandResults.Success();
    }

    /// <summary>Stops an instance by command; it stays stopped until it is started by command.</summary>
    public async Task<ExecuteCommandResult> StopInstanceAsync(IResource resource, string id)
    {
        await Find(resource, id).Instance.StopAsync(s_stopBudget);
        return CommandResults.Success();
    }

    private (ResourceRunner Runner, InstanceRunner Instance) Find(IResource resource, string id)
    {
        var runner = _runners[resource];
        return (runner, runner.Instances.Single(i => string.Equals(i.Id, id, StringComparison.OrdinalIgnoreCase)));
    }

    private void AddRunners()
    {
        foreach (var resource in Resources.Where(r => r.IsExecutable()))
        {
            ResourceInstances.Assign(resource);
            LifecycleCommands.Add(resource, this);
        }

        foreach (var resource in Resources.Where(r => r.IsExecutable()))
            _runners[resource] = new ResourceRunner(resource, run);
    }

    private void AnnounceResources()
    {
        foreach (var resource in Resources)
        {
            foreach (var id in ResourceInstances.IdsOf(resource))
            {
                run.Notifications.Publish(resource, id, s => s with
                {
                    State = s.State ?? (resource.HasAnnotationOfType<ExplicitStartupAnnotation>() ? KnownResourceStates.NotStarted : null),
                    Relationships = [.. resource.Annotations.OfType<ResourceRelationshipAnnotation>()
                        .Select(r => new RelationshipSnapshot(r.Resource.Name, r.Type)).Distinct()],
                });
            }
        }
    }

    // Resources that nobody starts have their connection string as soon as its parts are known, and run from then on.
    private async Task InitializeAsync(IResource resource)
    {
        try
        {
            await run.Eventing.PublishAsync(
                new InitializeResourceEvent(resource, run.Eventing, run.Loggers, run.Notifications, run.Provider), _stopping.Token);
            if (resource is IResourceWithConnectionString connection && !resource.SelfAndAncestors().Any(_runners.ContainsKey))
            {
                if (await connection.GetConnectionStringAsync(_stopping.Token) is null)
                    return;
                await run.Eventing.PublishAsync(new ConnectionStringAvailableEvent(resource, run.Provider), _stopping.Token);
                if (resource is ConnectionStringResource)
                {
                    await run.Eventing.PublishAsync(new BeforeResourceStartedEvent(resource, run.Provider), _stopping.Token);
                    run.Notifications.Publish(resource, resource.Name, s => s with { State = KnownResourceStates.Running });
                }
            }
        }
        catch (Exception e) when (!_stopping.IsCancellationRequested)
        {
            run.Loggers.GetLogger(resource).LogError(e, "The resource could not be initialized.");
            if (resource is not ParameterResource)
            {
                var failed = new ResourceStateSnapshot(KnownResourceStates.FailedToStart, KnownResourceStateStyles.Error);
                run.Notifications.Publish(resource, resource.Name, s => s with { State = failed });
            }
        }
        catch (OperationCanceledException)
        {
            // The application stops.
        }
    }

    private async Task AllocateEndpointsAsync(CancellationToken cancellationToken)
    {
        var detection = Resources.Any(r => r.IsContainer()) ? runtimes.GetAsync(cancellationToken) : null;
        if (detection is { IsFaulted: true })
            await detection;
        await Task.WhenAll(_runners.Values.Select(async runner =>
        {
            try
            {
                runner.UseEndpoints(await allocator.PlanAsync(runner.Resource, cancellationToken));
            }
            catch (DistributedApplicationException e)
            {
                // A person would rather know before anything has been started; a test looks at the resource's state.
                if (!settings.IsTest)
                    throw;
                lock (_failedBeforeStart)
                    _failedBeforeStart.Add(runner);
                await runner.FailAsync(e);
            }
        }));

        var hasEngine = detection is not null && (await detection).Name != "local";
        foreach (var runner in _runners.Values.Except(_failedBeforeStart))
        {
            foreach (var plan in runner.Endpoints)
                EndpointAllocator.Announce(runner.Resource, plan, hasEngine);
            if (runner.Endpoints.Count > 0)
                await run.Eventing.PublishAsync(new ResourceEndpointsAllocatedEvent(runner.Resource, run.Provider), cancellationToken);
            await ResourceUrls.PublishAsync(runner.Resource, run, cancellationToken);
            if (!runner.Resource.HasAnnotationOfType<ExplicitStartupAnnotation>())
                runner.BeginPreparation(_stopping.Token);
        }
    }

    private bool StartsByItself(ResourceRunner runner) =>
        !_failedBeforeStart.Contains(runner) && !runner.Resource.HasAnnotationOfType<ExplicitStartupAnnotation>();

    private async Task WaitForDependenciesAsync(BeforeResourceStartedEvent e, CancellationToken cancellationToken)
    {
        var skip = _runners.TryGetValue(e.Resource, out var runner) ? runner.WaitToken : CancellationToken.None;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, skip);
        try
        {
            await waiter.WaitAsync(e.Resource, either.Token);
        }
        catch (OperationCanceledException) when (skip.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            run.Loggers.GetLogger(e.Resource).LogInformation("Started by command without waiting any longer.");
        }
    }

    private void RequireHealthChecks()
    {
        var registered = healthChecks.Value.Registrations.Select(r => r.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var resource in Resources)
        {
            foreach (var check in resource.Annotations.OfType<HealthCheckAnnotation>().Where(c => !registered.Contains(c.Key)))
            {
                throw new DistributedApplicationException(
                    $"The health check '{check.Key}' of the resource '{resource.Name}' is not registered; add it with builder.Services.AddHealthChecks().");
            }
        }
    }

    // A container engine keeps persistent containers alive; processes of ours never outlive us.
    private static bool OutlivesHost(IResource resource) => Launcher.IsPersistent(resource);
}
