namespace Aspire.Hosting.ApplicationModel;

/// <summary>A reference to an endpoint of a resource; its value is the URL.</summary>
public sealed class EndpointReference : IExpressionValue, IValueWithReferences
{
    private EndpointAnnotation? _annotation;

    /// <summary>Refers to an endpoint.</summary>
    public EndpointReference(IResourceWithEndpoints owner, EndpointAnnotation endpoint)
        : this(owner, endpoint, null)
    {
    }

    /// <summary>Refers to an endpoint as seen on a network.</summary>
    public EndpointReference(IResourceWithEndpoints owner, EndpointAnnotation endpoint, NetworkIdentifier? contextNetworkId)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(endpoint);
        Resource = owner;
        EndpointName = endpoint.Name;
        _annotation = endpoint;
        ContextNetworkID = contextNetworkId;
    }

    /// <summary>Refers to an endpoint by name; it may be added later.</summary>
    public EndpointReference(IResourceWithEndpoints owner, string endpointName)
        : this(owner, endpointName, null)
    {
    }

    /// <summary>Refers to an endpoint by name as seen on a network.</summary>
    public EndpointReference(IResourceWithEndpoints owner, string endpointName, NetworkIdentifier? contextNetworkId = null)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(endpointName);
        Resource = owner;
        EndpointName = endpointName;
        ContextNetworkID = contextNetworkId;
    }

    /// <summary>The resource that the endpoint belongs to.</summary>
    public IResourceWithEndpoints Resource { get; }

    /// <summary>The endpoint's name.</summary>
    public string EndpointName { get; }

    /// <summary>The network on which the value is meant, or null for the caller's.</summary>
    public NetworkIdentifier? ContextNetworkID { get; }

    /// <summary>What to say when the endpoint does not exist.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>The endpoint.</summary>
    /// <exception cref="InvalidOperationException">The resource has no endpoint of that name.</exception>
    public EndpointAnnotation EndpointAnnotation => Find() ?? throw new InvalidOperationException(
        ErrorMessage ?? $"The endpoint '{EndpointName}' is not defined for the resource '{Resource.Name}'.");

    /// <summary>Whether the resource has the endpoint.</summary>
    public bool Exists => Find() is not null;

    /// <summary>Whether the endpoint's address is known.</summary>
    public bool IsAllocated => Find()?.AllAllocatedEndpoints.Find(Network(null)) is not null;

    /// <summary>Whether the scheme is http.</summary>
    public bool IsHttp => string.Equals(Scheme, "http", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the scheme is https.</summary>
    public bool IsHttps => string.Equals(Scheme, "https", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the endpoint is named after an HTTP scheme.</summary>
    public bool IsHttpSchemeNamedEndpoint =>
        string.Equals(EndpointName, "http", StringComparison.OrdinalIgnoreCase) ||
        string.Equals(EndpointName, "https", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the endpoint speaks TLS.</summary>
    public bool TlsEnabled => EndpointAnnotation.TlsEnabled;

    /// <summary>Whether referring to the whole resource leaves this endpoint out.</summary>
    public bool ExcludeReferenceEndpoint => EndpointAnnotation.ExcludeReferenceEndpoint;

    /// <summary>The public port.</summary>
    /// <exception cref="InvalidOperationException">The address is not known yet.</exception>
    public int Port => Allocated.Port;

    /// <summary>The port that the process listens on, if it was given.</summary>
    public int? TargetPort => EndpointAnnotation.TargetPort;

    /// <summary>The host name.</summary>
    /// <exception cref="InvalidOperationException">The address is not known yet.</exception>
    public string Host => Allocated.Address;

    /// <summary>The scheme.</summary>
    public string Scheme => EndpointAnnotation.UriScheme;

    /// <summary><c>scheme://host:port</c>, never a path.</summary>
    /// <exception cref="InvalidOperationException">The address is not known yet.</exception>
    public string Url => Allocated.UriString;

    string IManifestExpressionProvider.ValueExpression => $"{{{Resource.Name}.bindings.{EndpointName}.url}}";

    IEnumerable<object> IValueWithReferences.References => [Resource];

    private AllocatedEndpoint Allocated => EndpointAnnotation.AllAllocatedEndpoints.Find(Network(null)) ??
        throw new InvalidOperationException($"The endpoint '{EndpointName}' is not allocated for the resource '{Resource.Name}'.");

    /// <summary>A reference to one property of the endpoint.</summary>
    public EndpointReferenceExpression Property(EndpointProperty property) => new(this, property);

    /// <summary>One value for endpoints with TLS, another for those without.</summary>
    public ReferenceExpression GetTlsValue(ReferenceExpression enabledValue, ReferenceExpression disabledValue) =>
        ReferenceExpression.CreateConditional(Property(EndpointProperty.TlsEnabled), bool.TrueString, enabledValue, disabledValue);

    /// <summary>Waits for the URL.</summary>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) =>
        Property(EndpointProperty.Url).GetValueAsync(cancellationToken);

    /// <summary>Waits for the URL as the caller sees it.</summary>
    public ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default) =>
        Property(EndpointProperty.Url).GetValueAsync(context, cancellationToken);

    internal NetworkIdentifier Network(ValueProviderContext? context) =>
        ContextNetworkID ?? context?.Network ?? KnownNetworkIdentifiers.LocalhostNetwork;

    private EndpointAnnotation? Find() => _annotation ??= Resource.Annotations.OfType<EndpointAnnotation>()
        .SingleOrDefault(e => string.Equals(e.Name, EndpointName, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A reference to one property of an endpoint.</summary>
public class EndpointReferenceExpression(EndpointReference endpointReference, EndpointProperty property) : IExpressionValue, IValueWithReferences
{
    /// <summary>The endpoint.</summary>
    public EndpointReference Endpoint { get; } = endpointReference ?? throw new ArgumentNullException(nameof(endpointReference));

    /// <summary>The property.</summary>
    public EndpointProperty Property { get; } = property;

    /// <inheritdoc/>
    public string ValueExpression => Property == EndpointProperty.HostAndPort
        ? $"{Expression("host")}:{Expression("port")}"
        : Expression(Property switch
        {
            EndpointProperty.Url => "url",
            EndpointProperty.Host or EndpointProperty.IPV4Host => "host",
            EndpointProperty.Port => "port",
            EndpointProperty.Scheme => "scheme",
            EndpointProperty.TargetPort => "targetPort",
            EndpointProperty.TlsEnabled => "tlsEnabled",
            _ => throw new InvalidOperationException($"The property '{Property}' is not supported for the endpoint '{Endpoint.EndpointName}'."),
        });

    IEnumerable<object> IValueWithReferences.References => [Endpoint];

    /// <summary>Waits for the value.</summary>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => ResolveAsync(null, cancellationToken);

    /// <summary>Waits for the value as the caller sees it.</summary>
    public ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default) =>
        ResolveAsync(context, cancellationToken);

    private string Expression(string propertyName) => $"{{{Endpoint.Resource.Name}.bindings.{Endpoint.EndpointName}.{propertyName}}}";

    private async ValueTask<string?> ResolveAsync(ValueProviderContext? context, CancellationToken cancellationToken)
    {
        switch (Property)
        {
            case EndpointProperty.Scheme:
                return Endpoint.Scheme;
            case EndpointProperty.TlsEnabled:
                return Endpoint.TlsEnabled ? bool.TrueString : bool.FalseString;
        }

        var allocated = await Endpoint.EndpointAnnotation.AllAllocatedEndpoints
            .GetAllocatedEndpointAsync(Endpoint.Network(context), cancellationToken);
        return Property switch
        {
            EndpointProperty.Url => allocated.UriString,
            EndpointProperty.Host => allocated.Address,
            EndpointProperty.IPV4Host => allocated.Address == KnownHostNames.Localhost ? "127.0.0.1" : allocated.Address,
            EndpointProperty.Port => $"{allocated.Port}",
            EndpointProperty.HostAndPort => allocated.EndPointString,
            EndpointProperty.TargetPort => allocated.TargetPortExpression ?? $"{Endpoint.TargetPort}",
            _ => throw new InvalidOperationException($"The property '{Property}' is not supported for the endpoint '{Endpoint.EndpointName}'."),
        };
    }
}

/// <summary>What can be asked of an endpoint.</summary>
public enum EndpointProperty
{
    /// <summary><c>scheme://host:port</c></summary>
    Url,

    /// <summary>The host name.</summary>
    Host,

    /// <summary>The host's IPv4 address.</summary>
    IPV4Host,

    /// <summary>The public port.</summary>
    Port,

    /// <summary>The scheme.</summary>
    Scheme,

    /// <summary>The port that the process listens on.</summary>
    TargetPort,

    /// <summary><c>host:port</c></summary>
    HostAndPort,

    /// <summary><c>True</c> or <c>False</c></summary>
    TlsEnabled,
}
