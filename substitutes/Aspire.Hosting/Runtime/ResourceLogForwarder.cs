using System.Collections.Concurrent;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Runtime;

/// <summary>Passes the output of resources on to the application host's log, one category per resource.</summary>
internal sealed class ResourceLogForwarder(
    ResourceLoggerService loggers, DistributedApplicationModel model, ILoggerFactory factory, IHostEnvironment environment) : IHostedLifecycleService
{
    private readonly ConcurrentDictionary<string, ILogger?> _targets = new(StringComparer.OrdinalIgnoreCase);

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        loggers.LineAdded += Forward;
        return Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        loggers.LineAdded -= Forward;
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // The log of a resource has the lines of all its instances.
    private void Forward(string name, LogLine line)
    {
        var target = _targets.GetOrAdd(name, n => model.Resources.TryGetByName(n, out var resource)
            ? factory.CreateLogger($"{environment.ApplicationName}.Resources.{resource.Name}")
            : null);
        target?.Log(line.IsErrorMessage ? LogLevel.Error : LogLevel.Information, "{LineNumber}: {Content}", line.LineNumber, line.Content);
    }
}
