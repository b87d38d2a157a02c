namespace Aspire.Hosting;

/// <summary>What the application host was started for.</summary>
public class DistributedApplicationExecutionContext
{
    private readonly DistributedApplicationExecutionContextOptions? _options;

    /// <summary>A context for an operation.</summary>
    public DistributedApplicationExecutionContext(DistributedApplicationOperation operation)
        : this(operation, "manifest")
    {
    }

    /// <summary>A context for an operation and a publisher.</summary>
    public DistributedApplicationExecutionContext(DistributedApplicationOperation operation, string publisherName)
    {
        Operation = operation;
        PublisherName = publisherName;
    }

    /// <summary>A context with services.</summary>
    public DistributedApplicationExecutionContext(DistributedApplicationExecutionContextOptions options)
        : this(options.Operation, options.PublisherName ?? "manifest") => _options = options;

    /// <summary>The operation.</summary>
    public DistributedApplicationOperation Operation { get; }

    /// <summary>The publisher's name.</summary>
    public string PublisherName { get; set; }

    /// <summary>The application's services.</summary>
    /// <exception cref="InvalidOperationException">The application is not built yet.</exception>
    public IServiceProvider Services => _options?.Services ?? throw new InvalidOperationException(
        "The services are not available before the application is built.");

    /// <summary>Whether the application runs on this machine.</summary>
    public bool IsRunMode => Operation == DistributedApplicationOperation.Run;

    /// <summary>Whether the application is published.</summary>
    public bool IsPublishMode => Operation == DistributedApplicationOperation.Publish;
}

/// <summary>Options of <see cref="DistributedApplicationExecutionContext"/>.</summary>
public class DistributedApplicationExecutionContextOptions
{
    /// <summary>Options for an operation.</summary>
    public DistributedApplicationExecutionContextOptions(DistributedApplicationOperation operation) => Operation = operation;

    /// <summary>Options for an operation and a publisher.</summary>
    public DistributedApplicationExecutionContextOptions(DistributedApplicationOperation operation, string publisherName)
        : this(operation) => PublisherName = publisherName;

    /// <summary>The application's services.</summary>
    public IServiceProvider? Services { get; set; }

    /// <summary>The operation.</summary>
    public DistributedApplicationOperation Operation { get; }

    /// <summary>The publisher's name.</summary>
    public string? PublisherName { get; }
}

/// <summary>What the application host was started for.</summary>
public enum DistributedApplicationOperation
{
    /// <summary>To run the application on this machine.</summary>
    Run,

    /// <summary>To publish it.</summary>
    Publish,
}
