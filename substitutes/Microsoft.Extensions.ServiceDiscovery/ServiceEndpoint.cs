using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http.Features;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>One address of a service, with what is known about it.</summary>
public abstract class ServiceEndpoint
{
    /// <summary>The address.</summary>
    public abstract EndPoint EndPoint { get; }

    /// <summary>What is known about the address.</summary>
    public abstract IFeatureCollection Features { get; }

    /// <summary>Creates an endpoint of an address.</summary>
    public static ServiceEndpoint Create(EndPoint endPoint, IFeatureCollection? features = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return new AddressedEndpoint(endPoint, features);
    }

    /// <summary>Reads an absolute URI, or <c>host[:port]</c>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? value, [NotNullWhen(true)] out ServiceEndpoint? serviceEndpoint)
    {
        serviceEndpoint = EndpointParser.TryParse(value, out var endPoint) ? Create(endPoint) : null;
        return serviceEndpoint is not null;
    }

    private sealed class AddressedEndpoint(EndPoint endPoint, IFeatureCollection? features) : ServiceEndpoint
    {
        public override EndPoint EndPoint => endPoint;

        public override IFeatureCollection Features { get; } = features ?? new FeatureCollection();

        public override string ToString() => endPoint switch
        {
            DnsEndPoint { Port: 0 } dns => dns.Host,
            DnsEndPoint dns => $"{dns.Host}:{dns.Port}",
            IPEndPoint { Port: 0, AddressFamily: AddressFamily.InterNetworkV6 } ip => $"[{ip.Address}]",
            IPEndPoint { Port: 0 } ip => ip.Address.ToString(),
            _ => endPoint.ToString() ?? "",
        };
    }
}
