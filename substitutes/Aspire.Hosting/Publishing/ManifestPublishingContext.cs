using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;

namespace Aspire.Hosting.Publishing;

/// <summary>What a resource needs to describe itself in a manifest.</summary>
public sealed class ManifestPublishingContext(
    DistributedApplicationExecutionContext executionContext, string manifestPath, Utf8JsonWriter writer, CancellationToken cancellationToken = default)
{
    /// <summary>The execution context.</summary>
    public DistributedApplicationExecutionContext ExecutionContext { get; } = executionContext;

    /// <summary>The manifest's file.</summary>
    public string ManifestPath { get; } = manifestPath;

    /// <summary>Writes the manifest.</summary>
    public Utf8JsonWriter Writer { get; } = writer;

    /// <summary>Cancels publishing.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;
}

/// <summary>Raised before publishing.</summary>
public sealed class BeforePublishEvent(IServiceProvider services, DistributedApplicationModel model) : IDistributedApplicationEvent
{
    /// <summary>The application's services.</summary>
    public IServiceProvider Services { get; } = services;

    /// <summary>The application's model.</summary>
    public DistributedApplicationModel Model { get; } = model;
}

/// <summary>Raised after publishing.</summary>
public sealed class AfterPublishEvent(IServiceProvider services, DistributedApplicationModel model) : IDistributedApplicationEvent
{
    /// <summary>The application's services.</summary>
    public IServiceProvider Services { get; } = services;

    /// <summary>The application's model.</summary>
    public DistributedApplicationModel Model { get; } = model;
}
