using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using StackExchange.Redis.Configuration;

namespace StackExchange.Redis;

/// <summary>How to connect to Redis. Times are in milliseconds unless a name says otherwise.</summary>
public sealed partial class ConfigurationOptions : ICloneable
{
    private const int MinimumConnectTimeout = 5000;

    private bool? _abortOnConnectFail, _allowAdmin, _checkCertificateRevocation, _setClientLibrary, _ssl;
    private int? _asyncTimeout, _connectRetry, _connectTimeout, _keepAlive, _syncTimeout;
    private string? _user, _password, _sslHost;
    private CommandMap? _commandMap;
    private Version? _defaultVersion;
    private TimeSpan? _heartbeatInterval;
    private IReconnectRetryPolicy? _reconnectRetryPolicy;
    private BacklogPolicy? _backlogPolicy;
    private RedisProtocol? _protocol;
    private ILoggerFactory? _loggerFactory;
    private EndPointCollection _endPoints = [];

    /// <summary>Chooses the certificate that the client shows.</summary>
    public event LocalCertificateSelectionCallback? CertificateSelection;

    /// <summary>Decides whether the server's certificate is accepted.</summary>
    public event RemoteCertificateValidationCallback? CertificateValidation;

    /// <summary>The source of every default.</summary>
    public DefaultOptionsProvider Defaults { get; set; } = DefaultOptionsProvider.Standard;

    /// <summary>Called with each socket before it connects.</summary>
    public Action<EndPoint, ConnectionType, Socket>? BeforeSocketConnect { get; set; }

    /// <summary>Whether connecting fails when no server answers; otherwise the client keeps trying in the background.</summary>
    public bool AbortOnConnectFail { get => _abortOnConnectFail ?? Defaults.AbortOnConnectFail; set => _abortOnConnectFail = value; }

    /// <summary>Whether commands that administer the server are allowed.</summary>
    public bool AllowAdmin { get => _allowAdmin ?? Defaults.AllowAdmin; set => _allowAdmin = value; }

    /// <summary>How long an asynchronous command may take; the same as <see cref="SyncTimeout"/> unless set. Checked by the heartbeat.</summary>
    public int AsyncTimeout { get => _asyncTimeout ?? SyncTimeout; set => _asyncTimeout = value; }

    /// <summary>Whether the server is told the client's library.</summary>
    public bool SetClientLibrary { get => _setClientLibrary ?? Defaults.SetClientLibrary; set => _setClientLibrary = value; }

    /// <summary>The library's name as the server is told it.</summary>
    public string? LibraryName { get; set; }

    /// <summary>A prefix of every channel name.</summary>
    public RedisChannel ChannelPrefix { get; set; }

    /// <summary>Whether TLS asks for revocation lists.</summary>
    public bool CheckCertificateRevocation
    {
        get => _checkCertificateRevocation ?? Defaults.CheckCertificateRevocation;
        set => _checkCertificateRevocation = value;
    }

    /// <summary>The connection's name as the server is told it.</summary>
    public string? ClientName { get; set; }

    /// <summary>How often the first connection is tried.</summary>
    public int ConnectRetry { get => _connectRetry ?? Defaults.ConnectRetry; set => _connectRetry = value; }

    /// <summary>Which commands may be sent.</summary>
    public CommandMap CommandMap
    {
        get => _commandMap ?? Defaults.CommandMap ?? CommandMap.Default;
        set => _commandMap = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <summary>How long connecting may take.</summary>
    public int ConnectTimeout
    {
        get => _connectTimeout ?? (int?)Defaults.ConnectTimeout?.TotalMilliseconds ?? Math.Max(MinimumConnectTimeout, SyncTimeout);
        set => _connectTimeout = value;
    }

    /// <summary>The database that is used when none is named; 0 unless set.</summary>
    public int? DefaultDatabase { get; set; }

    /// <summary>The version that is assumed before the server has told its own.</summary>
    public Version DefaultVersion { get => _defaultVersion ?? Defaults.DefaultVersion; set => _defaultVersion = value; }

    /// <summary>The servers to connect to; the first that answers is used.</summary>
    public EndPointCollection EndPoints { get => _endPoints; init => _endPoints = value; }

    /// <summary>How often timeouts and keep-alives are looked at.</summary>
    public TimeSpan HeartbeatInterval { get => _heartbeatInterval ?? Defaults.HeartbeatInterval; set => _heartbeatInterval = value; }

    /// <summary>Whether exceptions say what the client was doing.</summary>
    public bool IncludeDetailInExceptions { get; set; } = true;

    /// <summary>After how many seconds an idle connection is pinged; 0 or less turns it off.</summary>
    public int KeepAlive { get => _keepAlive ?? (int)Defaults.KeepAliveInterval.TotalSeconds; set => _keepAlive = value; }

    /// <summary>Whether sockets have keep-alive turned on.</summary>
    public bool TcpKeepAlive { get; set; } = true;

    /// <summary>Where the client logs.</summary>
    public ILoggerFactory? LoggerFactory { get => _loggerFactory ?? Defaults.LoggerFactory; set => _loggerFactory = value; }

    /// <summary>The user.</summary>
    public string? User { get => _user ?? Defaults.User; set => _user = value; }

    /// <summary>The password.</summary>
    public string? Password { get => _password ?? Defaults.Password; set => _password = value; }

    /// <summary>What stands between the client and the servers; only None is supported.</summary>
    public Proxy Proxy { get; set; }

    /// <summary>When to reconnect.</summary>
    public IReconnectRetryPolicy ReconnectRetryPolicy
    {
        get => _reconnectRetryPolicy ??= Defaults.ReconnectRetryPolicy ?? new ExponentialRetry(ConnectTimeout / 2);
        set => _reconnectRetryPolicy = value;
    }

    /// <summary>What happens to commands while there is no connection.</summary>
    public BacklogPolicy BacklogPolicy { get => _backlogPolicy ?? Defaults.BacklogPolicy; set => _backlogPolicy = value; }

    /// <summary>Whether host names are resolved when connecting; they always are, by the socket.</summary>
    public bool ResolveDns { get; set; }

    /// <summary>The service's name at the sentinels; not supported.</summary>
    public string? ServiceName { get; set; }

    /// <summary>The whole of the TLS options, by host.</summary>
    public Func<string, SslClientAuthenticationOptions>? SslClientAuthenticationOptions { get; set; }

    /// <summary>Whether the connection uses TLS.</summary>
    public bool Ssl { get => _ssl ?? Defaults.GetDefaultSsl(EndPoints); set => _ssl = value; }

    /// <summary>The name that the server's certificate is expected to bear; the servers' common DNS name unless set.</summary>
    public string? SslHost { get => _sslHost ?? Defaults.GetSslHostFromEndpoints(EndPoints); set => _sslHost = value; }

    /// <summary>The allowed versions of TLS; null leaves it to the system.</summary>
    public SslProtocols? SslProtocols { get; set; }

    /// <summary>How long a synchronous command may take.</summary>
    public int SyncTimeout { get => _syncTimeout ?? (int)Defaults.SyncTimeout.TotalMilliseconds; set => _syncTimeout = value; }

    /// <summary>The key of the tie breaker; only round-tripped.</summary>
    public string TieBreaker { get; set; } = "__Booksleeve_TieBreak";

    /// <summary>The channel that announces changes; only round-tripped.</summary>
    public string ConfigurationChannel { get; set; } = "__Booksleeve_MasterChanged";

    /// <summary>After how many seconds the server's role is looked at again; only round-tripped.</summary>
    public int ConfigCheckSeconds { get; set; } = 60;

    /// <summary>After how many seconds the topology is looked at again; only round-tripped.</summary>
    public int TopologyRefreshSeconds { get; set; } = 1800;

    /// <summary>Whether replies are checked for belonging to their commands; not supported.</summary>
    public bool HighIntegrity { get; set; }

    /// <summary>The version of the protocol; null negotiates RESP3 and falls back to RESP2.</summary>
    public RedisProtocol? Protocol { get => _protocol ?? Defaults.Protocol; set => _protocol = value; }

    internal bool TryResp3 => Protocol is null or RedisProtocol.Resp3 && CommandMap.NameOf("HELLO") is not null;

    internal LocalCertificateSelectionCallback? SelectCertificate => CertificateSelection;

    internal RemoteCertificateValidationCallback? ValidateCertificate => CertificateValidation;

    /// <summary>A copy that can be changed without changing this one.</summary>
    public ConfigurationOptions Clone()
    {
        var copy = (ConfigurationOptions)MemberwiseClone();
        copy._endPoints = [.. _endPoints];
        return copy;
    }

    object ICloneable.Clone() => Clone();

    /// <summary>Changes the options in place.</summary>
    public ConfigurationOptions Apply(Action<ConfigurationOptions> configure)
    {
        configure?.Invoke(this);
        return this;
    }

    /// <summary>Gives servers without a port the usual one: 6379, or 6380 with TLS.</summary>
    public void SetDefaultPorts()
    {
        var completed = EndPoints.WithDefaultPorts(Ssl ? 6380 : 6379);
        EndPoints.Clear();
        foreach (var endpoint in completed) EndPoints.Add(endpoint);
    }
}
