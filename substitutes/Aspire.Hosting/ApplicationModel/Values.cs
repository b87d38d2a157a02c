namespace Aspire.Hosting.ApplicationModel;

/// <summary>Something whose value is known only when the application runs.</summary>
public interface IValueProvider
{
    /// <summary>Resolves the value.</summary>
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);

    /// <summary>Resolves the value as the given caller sees it.</summary>
    ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default) =>
        GetValueAsync(cancellationToken);
}

/// <summary>Something that can be written into a manifest as an expression.</summary>
public interface IManifestExpressionProvider
{
    /// <summary>The expression, for example <c>{redis.bindings.tcp.port}</c>.</summary>
    string ValueExpression { get; }
}

/// <summary>A value that can be resolved and written as an expression.</summary>
public interface IExpressionValue : IValueProvider, IManifestExpressionProvider;

/// <summary>A value made of other things.</summary>
public interface IValueWithReferences
{
    /// <summary>What the value refers to.</summary>
    IEnumerable<object> References { get; }
}

/// <summary>For whom a value is resolved.</summary>
public class ValueProviderContext
{
    /// <summary>The execution context.</summary>
    public DistributedApplicationExecutionContext? ExecutionContext { get; init; }

    /// <summary>The resource that will use the value.</summary>
    public IResource? Caller { get; init; }

    /// <summary>The network that the caller is on; null means the local host.</summary>
    public NetworkIdentifier? Network { get; init; }
}

/// <summary>A network that an endpoint can be reached through.</summary>
public record NetworkIdentifier(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>The networks that always exist.</summary>
public static class KnownNetworkIdentifiers
{
    /// <summary>This machine's loopback.</summary>
    public static readonly NetworkIdentifier LocalhostNetwork = new("localhost");

    /// <summary>The network that the application's containers share.</summary>
    public static readonly NetworkIdentifier DefaultAspireContainerNetwork = new("aspire-container-network");

    /// <summary>The internet.</summary>
    public static readonly NetworkIdentifier PublicInternet = new(".");
}

/// <summary>Host names with a meaning to the application host.</summary>
public static class KnownHostNames
{
    /// <summary>This machine.</summary>
    public const string Localhost = "localhost";

    /// <summary>How a container reaches this machine through the tunnel.</summary>
    public const string DefaultContainerTunnelHostName = "aspire.dev.internal";

    /// <summary>How a container reaches this machine through the engine.</summary>
    public const string DockerDesktopHostBridge = "host.docker.internal";
}

/// <summary>A reference to another resource's connection string.</summary>
public class ConnectionStringReference(IResourceWithConnectionString resource, bool optional) : IExpressionValue, IValueWithReferences
{
    /// <summary>The resource that is referred to.</summary>
    public IResourceWithConnectionString Resource { get; } = resource ?? throw new ArgumentNullException(nameof(resource));

    /// <summary>Whether a missing connection string is acceptable.</summary>
    public bool Optional { get; } = optional;

    string IManifestExpressionProvider.ValueExpression => Resource.ValueExpression;

    IEnumerable<object> IValueWithReferences.References => [Resource];

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => Resource.GetValueAsync(cancellationToken);

    async ValueTask<string?> IValueProvider.GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken)
    {
        var value = await Resource.GetValueAsync(context, cancellationToken);
        if (string.IsNullOrEmpty(value) && !Optional)
            throw new DistributedApplicationException($"The connection string for the resource '{Resource.Name}' is not available.");
        return value;
    }
}

/// <summary>A URL of this machine, given to a caller that may sit in a container.</summary>
public record HostUrl(string Url) : IExpressionValue
{
    string IManifestExpressionProvider.ValueExpression => Url;

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => new(Url);

    ValueTask<string?> IValueProvider.GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken) =>
        new(context.Network == KnownNetworkIdentifiers.DefaultAspireContainerNetwork
            ? Url.Replace("//localhost", $"//{KnownHostNames.DockerDesktopHostBridge}", StringComparison.OrdinalIgnoreCase)
            : Url);
}
