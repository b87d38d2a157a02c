using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The environment variables collected so far.</summary>
public class EnvironmentCallbackContext
{
    private readonly IResource? _resource;

    /// <summary>A collection for a resource.</summary>
    public EnvironmentCallbackContext(
        DistributedApplicationExecutionContext executionContext, IResource resource, Dictionary<string, object>? environmentVariables = null,
        CancellationToken cancellationToken = default)
        : this(executionContext, environmentVariables, cancellationToken) => _resource = resource;

    /// <summary>A collection for nobody in particular.</summary>
    public EnvironmentCallbackContext(
        DistributedApplicationExecutionContext executionContext, Dictionary<string, object>? environmentVariables = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(executionContext);
        ExecutionContext = executionContext;
        EnvironmentVariables = environmentVariables ?? [];
        CancellationToken = cancellationToken;
    }

    /// <summary>The variables; values are strings or value providers.</summary>
    public Dictionary<string, object> EnvironmentVariables { get; }

    /// <summary>Cancels the start.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>The execution context.</summary>
    public DistributedApplicationExecutionContext ExecutionContext { get; }

    /// <summary>The resource's log.</summary>
    public ILogger Logger { get; set; } = NullLogger.Instance;

    /// <summary>The resource that the variables are for.</summary>
    public IResource Resource => _resource ?? throw new InvalidOperationException("The environment is collected without a resource.");
}

/// <summary>The command-line arguments collected so far.</summary>
public sealed class CommandLineArgsCallbackContext
{
    private readonly IResource? _resource;

    /// <summary>A collection for a resource.</summary>
    public CommandLineArgsCallbackContext(IList<object> args, IResource resource, CancellationToken cancellationToken = default)
        : this(args, cancellationToken) => _resource = resource;

    /// <summary>A collection for nobody in particular.</summary>
    public CommandLineArgsCallbackContext(IList<object> args, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(args);
        Args = args;
        CancellationToken = cancellationToken;
    }

    /// <summary>The arguments; strings or value providers.</summary>
    public IList<object> Args { get; }

    /// <summary>Cancels the start.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>The execution context.</summary>
    public DistributedApplicationExecutionContext ExecutionContext { get; init; } = new(DistributedApplicationOperation.Run);

    /// <summary>The resource's log.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>The resource that the arguments are for.</summary>
    public IResource Resource => _resource ?? throw new InvalidOperationException("The arguments are collected without a resource.");
}

/// <summary>The URLs of a resource collected so far.</summary>
public class ResourceUrlsCallbackContext(
    DistributedApplicationExecutionContext executionContext, IResource resource, List<ResourceUrlAnnotation>? urls = null,
    CancellationToken cancellationToken = default)
{
    /// <summary>The resource.</summary>
    public IResource Resource { get; } = resource;

    /// <summary>The URLs.</summary>
    public List<ResourceUrlAnnotation> Urls { get; } = urls ?? [];

    /// <summary>Cancels the start.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>The execution context.</summary>
    public DistributedApplicationExecutionContext ExecutionContext { get; } = executionContext;

    /// <summary>The resource's log.</summary>
    public ILogger Logger { get; set; } = NullLogger.Instance;

    /// <summary>An endpoint of the resource, or null if it has none at all.</summary>
    public EndpointReference? GetEndpoint(string name) => (Resource as IResourceWithEndpoints)?.GetEndpoint(name);

    /// <summary>An endpoint of the resource as seen on a network.</summary>
    public EndpointReference? GetEndpoint(string name, NetworkIdentifier contextNetworkId) =>
        (Resource as IResourceWithEndpoints)?.GetEndpoint(name, contextNetworkId);
}

/// <summary>A URL shown with the resource.</summary>
public sealed class ResourceUrlAnnotation : IResourceAnnotation
{
    /// <summary>The place among the resource's URLs; higher comes first.</summary>
    public int? DisplayOrder;

    /// <summary>The URL; a path alone is relative to the endpoint.</summary>
    public required string Url { get; set; }

    /// <summary>The text shown instead.</summary>
    public string? DisplayText { get; set; }

    /// <summary>The endpoint that the URL belongs to.</summary>
    public EndpointReference? Endpoint { get; init; }

    /// <summary>Where it is shown.</summary>
    public UrlDisplayLocation DisplayLocation { get; set; } = UrlDisplayLocation.SummaryAndDetails;

    internal ResourceUrlAnnotation WithEndpoint(EndpointReference endpoint) => new()
    {
        Url = Url,
        DisplayText = DisplayText,
        DisplayOrder = DisplayOrder,
        DisplayLocation = DisplayLocation,
        Endpoint = endpoint,
    };
}

/// <summary>Where a URL is shown.</summary>
public enum UrlDisplayLocation
{
    /// <summary>In the list and in the details.</summary>
    SummaryAndDetails,

    /// <summary>In the details only.</summary>
    DetailsOnly,
}

/// <summary>Changes a resource's URLs before they are shown.</summary>
public sealed class ResourceUrlsCallbackAnnotation : IResourceAnnotation
{
    /// <summary>Changes them at once.</summary>
    public ResourceUrlsCallbackAnnotation(Action<ResourceUrlsCallbackContext> callback) => Callback = context =>
    {
        callback(context);
        return Task.CompletedTask;
    };

    /// <summary>Changes them asynchronously.</summary>
    public ResourceUrlsCallbackAnnotation(Func<ResourceUrlsCallbackContext, Task> callback) => Callback = callback;

    /// <summary>Changes the URLs.</summary>
    public Func<ResourceUrlsCallbackContext, Task> Callback { get; }
}
