using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Executes commands of resources.</summary>
public class ResourceCommandService
{
    private readonly ResourceNotificationService _notifications;
    private readonly ResourceLoggerService _loggers;
    private readonly IServiceProvider _services;
    private readonly DistributedApplicationModel _model;

    internal ResourceCommandService(
        ResourceNotificationService notifications, ResourceLoggerService loggers, IServiceProvider services, DistributedApplicationModel model) =>
        (_notifications, _loggers, _services, _model) = (notifications, loggers, services, model);

    /// <summary>Executes a command of a resource, on all its instances.</summary>
    public async Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resource);
        var results = await Task.WhenAll(ResourceInstances.IdsOf(resource).Select(id => RunAsync(resource, id, commandName, cancellationToken)));
        return results.FirstOrDefault(r => !r.Success) ?? results[0];
    }

    /// <summary>Executes a command of an instance, or of a resource by its name.</summary>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resourceId);
        if (_notifications.TryGetCurrentState(resourceId, out var state))
            return RunAsync(state.Resource, state.ResourceId, commandName, cancellationToken);
        if (_model.Resources.TryGetByName(resourceId, out var resource))
            return ExecuteCommandAsync(resource, commandName, cancellationToken);
        return Task.FromResult(CommandResults.Failure($"Resource '{resourceId}' not found."));
    }

    private async Task<ExecuteCommandResult> RunAsync(IResource resource, string id, string commandName, CancellationToken cancellationToken)
    {
        var name = commandName.StartsWith("resource-", StringComparison.Ordinal) ? commandName["resource-".Length..] : commandName;
        var command = resource.Annotations.OfType<ResourceCommandAnnotation>()
            .LastOrDefault(c => string.Equals(c.Name, commandName, StringComparison.Ordinal) || string.Equals(c.Name, name, StringComparison.Ordinal));
        if (command is null)
            return CommandResults.Failure($"Command '{commandName}' not available for resource '{resource.Name}'.");

        var logger = _loggers.GetLogger(id);
        try
        {
            logger.LogInformation("Executing command '{Command}'.", command.Name);
            return await command.ExecuteCommand(new ExecuteCommandContext
            {
                ResourceName = id,
                Services = _services,
                CancellationToken = cancellationToken,
                Logger = logger,
            });
        }
        catch (OperationCanceledException)
        {
            return CommandResults.Canceled();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            logger.LogError(e, "Command '{Command}' failed.", command.Name);
            return CommandResults.Failure(e);
        }
    }
}
