using System.Net.Sockets;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>An endpoint that a resource listens on.</summary>
public sealed class EndpointAnnotation : IResourceAnnotation
{
    private readonly NetworkIdentifier _networkId;
    private string? _transport;
    private int? _port;
    private int? _targetPort;
    private bool? _isProxied;
    private bool? _tlsEnabled;

    /// <summary>Describes an endpoint; the name defaults to the scheme, the scheme to the protocol.</summary>
    public EndpointAnnotation(
        ProtocolType protocol, string? uriScheme = null, string? transport = null, string? name = null, int? port = null,
        int? targetPort = null, bool? isExternal = null, bool? isProxied = null)
        : this(protocol, null, uriScheme, transport, name, port, targetPort, isExternal, isProxied)
    {
    }

    /// <summary>Describes an endpoint on a network.</summary>
    public EndpointAnnotation(
        ProtocolType protocol, NetworkIdentifier? networkId, string? uriScheme = null, string? transport = null, string? name = null,
        int? port = null, int? targetPort = null, bool? isExternal = null, bool? isProxied = null)
    {
        // .NET writes the protocol's name in upper or mixed case; schemes are lower case.
        var protocolName = protocol == ProtocolType.Udp ? "udp" : "tcp";
        _networkId = networkId ?? KnownNetworkIdentifiers.LocalhostNetwork;
        Protocol = protocol;
        UriScheme = uriScheme ?? protocolName;
        _transport = transport;
        Name = name ?? UriScheme;
        ModelName.Validate("Endpoint", Name);
        _port = port;
        _targetPort = targetPort;
        IsExternal = isExternal ?? false;
        _isProxied = isProxied;
    }

    /// <summary>The name, unique within the resource regardless of case.</summary>
    public string Name { get; set; }

    /// <summary>TCP or UDP.</summary>
    public ProtocolType Protocol { get; set; }

    /// <summary>The scheme of the endpoint's URL.</summary>
    public string UriScheme { get; set; }

    /// <summary><c>http</c> or <c>http2</c> for HTTP, else the protocol's name.</summary>
    public string Transport
    {
        get => _transport ?? (UriScheme is "http" or "https" ? "http" : Protocol == ProtocolType.Udp ? "udp" : "tcp");
        set => _transport = value;
    }

    /// <summary>The public port, or null for any free one.</summary>
    public int? Port
    {
        get => _port ?? (IsProxied ? null : _targetPort);
        set => _port = value;
    }

    /// <summary>The port that the process itself listens on, or null for any free one.</summary>
    public int? TargetPort
    {
        get => _targetPort ?? (IsProxied ? null : _port);
        set => _targetPort = value;
    }

    /// <summary>The host that the process listens on.</summary>
    public string TargetHost { get; set; } = KnownHostNames.Localhost;

    /// <summary>Whether the endpoint is meant for the outside world.</summary>
    public bool IsExternal { get; set; }

    /// <summary>Whether something may stand between the public port and the process.</summary>
    public bool IsProxied
    {
        get => _isProxied ?? true;
        set => _isProxied = value;
    }

    /// <summary>What was said about proxying, or null when nothing was.</summary>
    public bool? IsExplicitlyProxied
    {
        get => _isProxied;
        set => _isProxied = value;
    }

    /// <summary>Whether the endpoint speaks TLS.</summary>
    public bool TlsEnabled
    {
        get => _tlsEnabled ?? UriScheme is "https";
        set => _tlsEnabled = value;
    }

    /// <summary>Whether referring to the whole resource leaves this endpoint out.</summary>
    public bool ExcludeReferenceEndpoint { get; set; }

    /// <summary>The network that the endpoint belongs to.</summary>
    public NetworkIdentifier DefaultNetworkID => _networkId;

    /// <summary>The addresses, one per network.</summary>
    public NetworkEndpointSnapshotList AllAllocatedEndpoints { get; } = new();

    /// <summary>The address on the endpoint's own network, or null before it is known.</summary>
    public AllocatedEndpoint? AllocatedEndpoint
    {
        get => AllAllocatedEndpoints.Find(_networkId);
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            AllAllocatedEndpoints.AddOrUpdateAllocatedEndpoint(_networkId, value);
        }
    }

    /// <summary>The port as it was written, without the fallback to the target port.</summary>
    internal int? ExplicitPort => _port is 0 ? null : _port;

    /// <summary>The target port as it was written, without the fallback to the public port.</summary>
    internal int? ExplicitTargetPort => _targetPort is 0 ? null : _targetPort;
}
