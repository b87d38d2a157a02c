using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Collects and resolves what a resource is started with.</summary>
public interface IExecutionConfigurationBuilder
{
    /// <summary>Adds something that contributes.</summary>
    IExecutionConfigurationBuilder AddExecutionConfigurationGatherer(IExecutionConfigurationGatherer gatherer);

    /// <summary>Collects and resolves.</summary>
    Task<IExecutionConfigurationResult> BuildAsync(
        DistributedApplicationExecutionContext executionContext, ILogger? resourceLogger = null, CancellationToken cancellationToken = default);
}

/// <summary>Contributes to what a resource is started with.</summary>
public interface IExecutionConfigurationGatherer
{
    /// <summary>Adds the contribution.</summary>
    ValueTask GatherAsync(
        IExecutionConfigurationGathererContext context, IResource resource, ILogger resourceLogger,
        DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken = default);
}

/// <summary>What has been collected so far.</summary>
public interface IExecutionConfigurationGathererContext
{
    /// <summary>The arguments.</summary>
    List<object> Arguments { get; }

    /// <summary>The environment variables.</summary>
    Dictionary<string, object> EnvironmentVariables { get; }
}

/// <summary>What a resource is started with.</summary>
public interface IExecutionConfigurationResult
{
    /// <summary>The arguments, and whether they must not be shown.</summary>
    IEnumerable<(string Value, bool IsSensitive)> Arguments { get; }

    /// <summary>The environment variables.</summary>
    IEnumerable<KeyValuePair<string, string>> EnvironmentVariables { get; }

    /// <summary>The environment variables with what they were made of.</summary>
    IEnumerable<KeyValuePair<string, (object Unprocessed, string Processed)>> EnvironmentVariablesWithUnprocessed { get; }

    /// <summary>What the values refer to.</summary>
    IEnumerable<object> References { get; }

    /// <summary>Why some of it could not be resolved, or null.</summary>
    Exception? Exception { get; }
}

/// <summary>Contributions of every resource.</summary>
public static class ExecutionConfigurationBuilderExtensions
{
    /// <summary>Adds the resource's environment callbacks.</summary>
    public static IExecutionConfigurationBuilder WithEnvironmentVariablesConfig(this IExecutionConfigurationBuilder builder) =>
        builder.AddExecutionConfigurationGatherer(new EnvironmentGatherer());

    /// <summary>Adds the resource's argument callbacks.</summary>
    public static IExecutionConfigurationBuilder WithArgumentsConfig(this IExecutionConfigurationBuilder builder) =>
        builder.AddExecutionConfigurationGatherer(new ArgumentsGatherer());

    private sealed class EnvironmentGatherer : IExecutionConfigurationGatherer
    {
        public async ValueTask GatherAsync(
            IExecutionConfigurationGathererContext context, IResource resource, ILogger resourceLogger,
            DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken = default)
        {
            var callback = new EnvironmentCallbackContext(executionContext, resource, context.EnvironmentVariables, cancellationToken)
            {
                Logger = resourceLogger,
            };
            foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToArray())
                await annotation.Callback(callback);
        }
    }

    private sealed class ArgumentsGatherer : IExecutionConfigurationGatherer
    {
        public async ValueTask GatherAsync(
            IExecutionConfigurationGathererContext context, IResource resource, ILogger resourceLogger,
            DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken = default)
        {
            var callback = new CommandLineArgsCallbackContext(context.Arguments, resource, cancellationToken)
            {
                ExecutionContext = executionContext,
                Logger = resourceLogger,
            };
            foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>().ToArray())
                await annotation.Callback(callback);
        }
    }
}

/// <inheritdoc/>
public sealed class ExecutionConfigurationBuilder : IExecutionConfigurationBuilder
{
    private readonly IResource _resource;
    private readonly List<IExecutionConfigurationGatherer> _gatherers = [];

    internal ExecutionConfigurationBuilder(IResource resource) => _resource = resource;

    /// <summary>A builder for a resource.</summary>
    public static IExecutionConfigurationBuilder Create(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return new ExecutionConfigurationBuilder(resource);
    }

    /// <inheritdoc/>
    public IExecutionConfigurationBuilder AddExecutionConfigurationGatherer(IExecutionConfigurationGatherer gatherer)
    {
        _gatherers.Add(gatherer);
        return this;
    }

    /// <inheritdoc/>
    public async Task<IExecutionConfigurationResult> BuildAsync(
        DistributedApplicationExecutionContext executionContext, ILogger? resourceLogger = null, CancellationToken cancellationToken = default)
    {
        var collected = new Collected();
        foreach (var gatherer in _gatherers)
            await gatherer.GatherAsync(collected, _resource, resourceLogger ?? NullLogger.Instance, executionContext, cancellationToken);

        var values = new ValueProviderContext
        {
            ExecutionContext = executionContext,
            Caller = _resource,
            Network = _resource.IsContainer() ? KnownNetworkIdentifiers.DefaultAspireContainerNetwork : KnownNetworkIdentifiers.LocalhostNetwork,
        };
        var result = new Result();
        foreach (var (name, value) in collected.EnvironmentVariables)
        {
            if (await result.TryResolveAsync(value, values, cancellationToken) is { } text)
                result.Variables.Add(new(name, (value, text)));
        }

        foreach (var value in collected.Arguments)
        {
            if (await result.TryResolveAsync(value, values, cancellationToken) is { } text)
                result.ArgumentList.Add((text, ResourceReferences.Of(value).Any(r => r is ParameterResource { Secret: true })));
        }

        return result;
    }

    private sealed class Collected : IExecutionConfigurationGathererContext
    {
        public List<object> Arguments { get; } = [];

        public Dictionary<string, object> EnvironmentVariables { get; } = [];
    }

    private sealed class Result : IExecutionConfigurationResult
    {
        private readonly List<object> _references = [];
        private readonly List<Exception> _failures = [];

        public List<(string Value, bool IsSensitive)> ArgumentList { get; } = [];

        public List<KeyValuePair<string, (object Unprocessed, string Processed)>> Variables { get; } = [];

        public IEnumerable<(string Value, bool IsSensitive)> Arguments => ArgumentList;

        public IEnumerable<KeyValuePair<string, string>> EnvironmentVariables =>
            Variables.Select(v => KeyValuePair.Create(v.Key, v.Value.Processed));

        public IEnumerable<KeyValuePair<string, (object Unprocessed, string Processed)>> EnvironmentVariablesWithUnprocessed => Variables;

        public IEnumerable<object> References => _references;

        public Exception? Exception => _failures.Count switch
        {
            0 => null,
            1 => _failures[0],
            _ => new AggregateException(_failures),
        };

        public async ValueTask<string?> TryResolveAsync(object value, ValueProviderContext context, CancellationToken cancellationToken)
        {
            try
            {
                if (value is string text)
                    return text;

                _references.Add(value);
                return value switch
                {
                    IResourceBuilder<IResource> { Resource: IValueProvider provider } => await provider.GetValueAsync(context, cancellationToken),
                    IValueProvider provider => await provider.GetValueAsync(context, cancellationToken),
                    _ => value.ToString(),
                };
            }
            catch (DistributedApplicationException e)
            {
                _failures.Add(e);
                return null;
            }
        }
    }
}
