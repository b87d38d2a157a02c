namespace Aspire.Hosting.ApplicationModel;

/// <summary>The key of a registered health check that speaks for the resource.</summary>
public class HealthCheckAnnotation(string key) : IResourceAnnotation
{
    /// <summary>The key.</summary>
    public string Key { get; } = key;
}

/// <summary>Says that the resource's start waits for another resource.</summary>
public sealed class WaitAnnotation(IResource resource, WaitType waitType, int exitCode = 0) : IResourceAnnotation
{
    /// <summary>The resource waited for.</summary>
    public IResource Resource { get; } = resource;

    /// <summary>What it must have reached.</summary>
    public WaitType WaitType { get; } = waitType;

    /// <summary>The exit code that counts as success.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>What to do when the dependency fails; null takes the application's default.</summary>
    public WaitBehavior? WaitBehavior { get; init; }
}

/// <summary>What a dependency must have reached.</summary>
public enum WaitType
{
    /// <summary>Running, healthy and ready.</summary>
    WaitUntilHealthy,

    /// <summary>Ended.</summary>
    WaitForCompletion,

    /// <summary>Running.</summary>
    WaitUntilStarted,
}

/// <summary>What to do when a dependency fails.</summary>
public enum WaitBehavior
{
    /// <summary>Keep waiting: somebody may start it again.</summary>
    WaitOnResourceUnavailable,

    /// <summary>Fail too.</summary>
    StopOnResourceUnavailable,
}

/// <summary>How many instances of the resource run.</summary>
public sealed class ReplicaAnnotation(int replicas = 1) : IResourceAnnotation
{
    /// <summary>The number.</summary>
    public int Replicas { get; } = replicas;
}

/// <summary>A relation to another resource, for display.</summary>
public sealed class ResourceRelationshipAnnotation(IResource resource, string type) : IResourceAnnotation
{
    /// <summary>The other resource.</summary>
    public IResource Resource { get; } = resource;

    /// <summary>The kind, for example <c>Reference</c>, <c>WaitFor</c> or <c>Parent</c>.</summary>
    public string Type { get; } = type;
}

/// <summary>Refers to endpoints of another resource for service discovery.</summary>
public sealed class EndpointReferenceAnnotation(IResourceWithEndpoints resource) : IResourceAnnotation
{
    /// <summary>The other resource.</summary>
    public IResourceWithEndpoints Resource { get; } = resource;

    /// <summary>The network on which the endpoints are meant.</summary>
    public NetworkIdentifier ContextNetworkId { get; set; } = KnownNetworkIdentifiers.LocalhostNetwork;

    /// <summary>Whether all endpoints are meant.</summary>
    public bool UseAllEndpoints { get; set; }

    /// <summary>The endpoints that are meant otherwise.</summary>
    public ISet<string> EndpointNames { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
}

/// <summary>Keeps the resource from starting by itself.</summary>
public sealed class ExplicitStartupAnnotation : IResourceAnnotation;

/// <summary>Sends references to the resource's connection string elsewhere.</summary>
public class ConnectionStringRedirectAnnotation(IResourceWithConnectionString resource) : IResourceAnnotation
{
    /// <summary>The resource whose connection string is used.</summary>
    public IResourceWithConnectionString Resource { get; } = resource;
}

/// <summary>A further connection property.</summary>
public sealed class ConnectionPropertyAnnotation(string name, ReferenceExpression referenceExpression) : IResourceAnnotation
{
    /// <summary>The property's name.</summary>
    public string Name { get; } = name;

    /// <summary>The property's value.</summary>
    public ReferenceExpression Value { get; } = referenceExpression;
}

/// <summary>How the resource describes itself in a manifest.</summary>
public class ManifestPublishingCallbackAnnotation : IResourceAnnotation
{
    /// <summary>A synchronous description; null leaves the resource out.</summary>
    public ManifestPublishingCallbackAnnotation(Action<Publishing.ManifestPublishingContext>? callback)
    {
        if (callback is not null)
        {
            Callback = context =>
            {
                callback(context);
                return Task.CompletedTask;
            };
        }
    }

    /// <summary>An asynchronous description; null leaves the resource out.</summary>
    public ManifestPublishingCallbackAnnotation(Func<Publishing.ManifestPublishingContext, Task>? callback) => Callback = callback;

    /// <summary>Leaves the resource out of the manifest.</summary>
    public static ManifestPublishingCallbackAnnotation Ignore { get; } = new((Func<Publishing.ManifestPublishingContext, Task>?)null);

    /// <summary>Writes the description.</summary>
    public Func<Publishing.ManifestPublishingContext, Task>? Callback { get; }
}

/// <summary>The icon of the resource in a dashboard.</summary>
public sealed class ResourceIconAnnotation(string iconName, IconVariant iconVariant = IconVariant.Filled) : IResourceAnnotation
{
    /// <summary>The icon's name.</summary>
    public string IconName { get; } = iconName;

    /// <summary>Its variant.</summary>
    public IconVariant IconVariant { get; } = iconVariant;
}

/// <summary>The variant of an icon.</summary>
public enum IconVariant
{
    /// <summary>Outlined.</summary>
    Regular,

    /// <summary>Filled.</summary>
    Filled,
}

/// <summary>The state that the resource is announced with.</summary>
public class ResourceSnapshotAnnotation(CustomResourceSnapshot initialSnapshot) : IResourceAnnotation
{
    /// <summary>The state.</summary>
    public CustomResourceSnapshot InitialSnapshot { get; } = initialSnapshot;
}

/// <summary>Asks for the variables that send telemetry to the collector.</summary>
public class OtlpExporterAnnotation : IResourceAnnotation
{
    /// <summary>The protocol, or null for the one that is available.</summary>
    public OtlpProtocol? RequiredProtocol { get; init; }
}

/// <summary>Which variables references inject into the resource.</summary>
public sealed class ReferenceEnvironmentInjectionAnnotation(ReferenceEnvironmentInjectionFlags flags) : IResourceAnnotation
{
    /// <summary>The kinds of variables.</summary>
    public ReferenceEnvironmentInjectionFlags Flags { get; } = flags;
}

/// <summary>Kinds of variables that a reference injects.</summary>
[Flags]
public enum ReferenceEnvironmentInjectionFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><c>ConnectionStrings__name</c></summary>
    ConnectionString = 1,

    /// <summary><c>NAME_HOST</c> and so on.</summary>
    ConnectionProperties = 2,

    /// <summary><c>services__name__scheme__n</c></summary>
    ServiceDiscovery = 4,

    /// <summary><c>NAME_HTTP</c></summary>
    Endpoints = 8,

    /// <summary>All of them.</summary>
    All = ConnectionString | ConnectionProperties | ServiceDiscovery | Endpoints,
}
