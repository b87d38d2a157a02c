using System.Net;
using System.Reflection;
using Microsoft.Extensions.Logging;

namespace StackExchange.Redis.Configuration;

/// <summary>The defaults of <see cref="ConfigurationOptions"/>, for hosts that want others.</summary>
public class DefaultOptionsProvider
{
    private static readonly Version s_minimum = new(6, 0);

    /// <summary>Whether connecting fails when no server answers.</summary>
    public virtual bool AbortOnConnectFail => true;

    /// <summary>Whether commands that administer the server are allowed.</summary>
    public virtual bool AllowAdmin => false;

    /// <summary>What happens to commands while there is no connection.</summary>
    public virtual BacklogPolicy BacklogPolicy => BacklogPolicy.Default;

    /// <summary>Whether TLS asks for revocation lists.</summary>
    public virtual bool CheckCertificateRevocation => true;

    /// <summary>How often the first connection is tried.</summary>
    public virtual int ConnectRetry => 3;

    /// <summary>How long connecting may take; null for the larger of five seconds and the timeout of synchronous commands.</summary>
    public virtual TimeSpan? ConnectTimeout => null;

    /// <summary>Which commands may be sent.</summary>
    public virtual CommandMap? CommandMap => null;

    /// <summary>The version that is assumed before the server has told its own.</summary>
    public virtual Version DefaultVersion => s_minimum;

    /// <summary>How often timeouts and keep-alives are looked at.</summary>
    public virtual TimeSpan HeartbeatInterval => TimeSpan.FromSeconds(1);

    /// <summary>After how long an idle connection is pinged.</summary>
    public virtual TimeSpan KeepAliveInterval => TimeSpan.FromSeconds(60);

    /// <summary>Where the client logs.</summary>
    public virtual ILoggerFactory? LoggerFactory => null;

    /// <summary>When to reconnect.</summary>
    public virtual IReconnectRetryPolicy? ReconnectRetryPolicy => null;

    /// <summary>How long a synchronous command may take.</summary>
    public virtual TimeSpan SyncTimeout => TimeSpan.FromSeconds(5);

    /// <summary>The user.</summary>
    public virtual string? User => null;

    /// <summary>The password.</summary>
    public virtual string? Password => null;

    /// <summary>The version of the protocol; null to negotiate.</summary>
    public virtual RedisProtocol? Protocol => null;

    /// <summary>Whether the server is told the client's library.</summary>
    public virtual bool SetClientLibrary => true;

    /// <summary>The library's name as the server is told it.</summary>
    public virtual string LibraryName => "SE.Redis";

    /// <summary>The connection's name as the server is told it.</summary>
    public string ClientName => GetDefaultClientName();

    /// <summary>The machine's name.</summary>
    protected static string ComputerName => Environment.MachineName;

    /// <summary>The library's version.</summary>
    protected static string LibraryVersion => Version;

    internal static DefaultOptionsProvider Standard { get; } = new();

    internal static string Version { get; } =
        typeof(DefaultOptionsProvider).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "3.4.35";

    /// <summary>Whether TLS is the default for these servers.</summary>
    public virtual bool GetDefaultSsl(EndPointCollection endPoints) => false;

    /// <summary>The name that the servers' certificates are expected to bear: their common DNS name, if they have one.</summary>
    public virtual string? GetSslHostFromEndpoints(EndPointCollection endPoints)
    {
        var names = endPoints.OfType<DnsEndPoint>().Select(dns => dns.Host).Distinct(StringComparer.OrdinalIgnoreCase).Take(2).ToList();
        return names.Count == 1 ? names[0] : null;
    }

    /// <summary>Composes the connection's name.</summary>
    protected virtual string GetDefaultClientName() => $"{ComputerName}(SE.Redis-v{LibraryVersion})";
}
