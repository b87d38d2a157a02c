using System.Collections.ObjectModel;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace StackExchange.Redis;

/// <summary>The servers to connect to, without repetition.</summary>
public sealed class EndPointCollection : Collection<EndPoint>, IEnumerable<EndPoint>
{
    /// <summary>Makes an empty collection.</summary>
    public EndPointCollection() { }

    /// <summary>Makes a collection of servers.</summary>
    public EndPointCollection(IList<EndPoint> endpoints) : base(endpoints) { }

    /// <summary>A server as text, for instance <c>host:6379</c> or <c>!/run/redis.sock</c>.</summary>
    public static string ToString(EndPoint? endpoint) => endpoint switch
    {
        null => "",
        DnsEndPoint { Port: 0 } dns => dns.Host,
        DnsEndPoint dns => string.Create(CultureInfo.InvariantCulture, $"{dns.Host}:{dns.Port}"),
        IPEndPoint { Port: 0 } ip => ip.Address.ToString(),
        IPEndPoint ip => ip.ToString(),
        UnixDomainSocketEndPoint unix => "!" + unix,
        _ => endpoint.ToString() ?? "",
    };

    /// <summary>Reads <c>host</c>, <c>host:port</c>, <c>1.2.3.4:port</c>, <c>[v6]:port</c> or <c>!path</c>; null when it is none of these.</summary>
    public static EndPoint? TryParse(string endpoint)
    {
        if (string.IsNullOrWhiteSpace(endpoint)) return null;
        if (endpoint[0] == '!') return endpoint.Length > 1 ? new UnixDomainSocketEndPoint(endpoint[1..]) : null;
        // An address in brackets is followed by a port, which the parser of addresses would drop.
        if (endpoint[0] != '[' && IPAddress.TryParse(endpoint, out var bare)) return new IPEndPoint(bare, 0);
        if (endpoint[0] == '[' && endpoint[^1] == ']') endpoint += ":0";
        var colon = endpoint.LastIndexOf(':');
        var (host, port) = (endpoint, 0);
        if (colon >= 0)
        {
            if (!int.TryParse(endpoint.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port > IPEndPoint.MaxPort) return null;
            host = endpoint[..colon];
        }
        if (host.Length == 0 || host.Contains(':', StringComparison.Ordinal) && host[0] != '[') return null;
        return IPAddress.TryParse(host.Trim('[', ']'), out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);
    }

    /// <summary>Adds a server given as text.</summary>
    /// <exception cref="ArgumentException">The text is not a server.</exception>
    public void Add(string hostAndPort) =>
        Add(TryParse(hostAndPort) ?? throw new ArgumentException($"Could not parse host and port from '{hostAndPort}'", nameof(hostAndPort)));

    /// <summary>Adds a server by name and port.</summary>
    public void Add(string host, int port) =>
        Add(IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port));

    /// <summary>Adds a server by address and port.</summary>
    public void Add(IPAddress host, int port) => Add(new IPEndPoint(host, port));

    /// <summary>Adds a server unless it is there already.</summary>
    public bool TryAdd(EndPoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (Contains(endpoint)) return false;
        base.InsertItem(Count, endpoint);
        return true;
    }

    /// <summary>Enumerates the servers.</summary>
    public new IEnumerator<EndPoint> GetEnumerator() => base.GetEnumerator();

    /// <inheritdoc/>
    protected override void InsertItem(int index, EndPoint item)
    {
        ArgumentNullException.ThrowIfNull(item);
        if (Contains(item)) throw new ArgumentException($"EndPoints must be unique: {ToString(item)} is there already.", nameof(item));
        base.InsertItem(index, item);
    }

    /// <inheritdoc/>
    protected override void SetItem(int index, EndPoint item)
    {
        ArgumentNullException.ThrowIfNull(item);
        var existing = IndexOf(item);
        if (existing >= 0 && existing != index) throw new ArgumentException($"EndPoints must be unique: {ToString(item)} is there already.", nameof(item));
        base.SetItem(index, item);
    }

    internal EndPointCollection WithDefaultPorts(int port)
    {
        var result = new EndPointCollection();
        foreach (var endpoint in this)
        {
            result.TryAdd(endpoint switch
            {
                DnsEndPoint { Port: 0 } dns => new DnsEndPoint(dns.Host, port, dns.AddressFamily),
                IPEndPoint { Port: 0 } ip => new IPEndPoint(ip.Address, port),
                _ => endpoint,
            });
        }
        return result;
    }
}
