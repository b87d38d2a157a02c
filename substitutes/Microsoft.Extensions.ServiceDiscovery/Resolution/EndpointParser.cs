using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Reads addresses as configuration and service names write them.</summary>
internal static class EndpointParser
{
    /// <summary>Reads an absolute URI into a <see cref="UriEndPoint"/>, anything else as <c>host[:port]</c>.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out EndPoint? endPoint)
    {
        endPoint = null;
        if (string.IsNullOrWhiteSpace(value))
        {
            return false;
        }

        if (value.Contains("://", StringComparison.Ordinal))
        {
            endPoint = Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Host.Length > 0 ? new UriEndPoint(uri) : null;
            return endPoint is not null;
        }

        return TryParseHostAndPort(value, out endPoint);
    }

    /// <summary>Reads <c>[scheme://]host[:port]</c>; the port is 0 when it is absent, because the scheme then decides.</summary>
    public static bool TryParseHostAndPort(string value, [NotNullWhen(true)] out EndPoint? endPoint)
    {
        endPoint = null;
        // A scheme of our own has no default port, so an absent port stays visible as -1.
        var text = value.Contains("://", StringComparison.Ordinal) ? "sd" + value[value.IndexOf("://", StringComparison.Ordinal)..] : $"sd://{value}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            return false;
        }

        var port = Math.Max(uri.Port, 0);
        endPoint = IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address)
            ? new IPEndPoint(address, port)
            : new DnsEndPoint(ServiceEndpointQuery.WithoutEndpointName(uri.Host), port);
        return true;
    }
}
