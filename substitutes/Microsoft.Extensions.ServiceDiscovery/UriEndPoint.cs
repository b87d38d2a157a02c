using System.Net;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>An address that is a whole URI: scheme, host, port and base path.</summary>
public class UriEndPoint(Uri uri) : EndPoint
{
    /// <summary>The URI.</summary>
    public Uri Uri { get; } = uri;

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is UriEndPoint other && Uri.Equals(other.Uri);

    /// <inheritdoc />
    public override int GetHashCode() => Uri.GetHashCode();

    /// <inheritdoc />
    public override string ToString() => Uri.ToString();
}
