using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Runtime;

/// <summary>Resolves the parameters before anything starts.</summary>
internal sealed class ParameterInitializer(
    DistributedApplicationModel model, ResourceNotificationService notifications, ResourceLoggerService loggers, RunSettings settings)
{
    /// <exception cref="DistributedApplicationException">A parameter has no value, and nobody can be asked for one.</exception>
    public async Task InitializeAsync(CancellationToken cancellationToken)
    {
        var missing = new List<MissingParameterValueException>();
        foreach (var parameter in model.Resources.OfType<ParameterResource>().ToList())
        {
            try
            {
                var value = await parameter.GetValueAsync(cancellationToken);
                notifications.Publish(parameter, parameter.Name, s => s with
                {
                    State = new ResourceStateSnapshot(KnownResourceStates.Running, KnownResourceStateStyles.Success),
                    Properties = [new ResourcePropertySnapshot("Value", value) { IsSensitive = parameter.Secret }],
                });
            }
            catch (MissingParameterValueException e)
            {
                missing.Add(e);
                loggers.GetLogger(parameter).LogError("{Message}", e.Message);
                notifications.Publish(parameter, parameter.Name, s => s with
                {
                    State = new ResourceStateSnapshot(KnownResourceStates.ValueMissing, KnownResourceStateStyles.Warn),
                });
            }
        }

        // A test may want to see what becomes of the resources that need the parameter.
        if (missing.Count > 0 && !settings.IsTest)
            throw new DistributedApplicationException(string.Join(" ", missing.Select(m => m.Message)));
    }
}
