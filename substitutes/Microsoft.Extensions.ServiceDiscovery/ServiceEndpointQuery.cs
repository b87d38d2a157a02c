using System.Diagnostics.CodeAnalysis;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>What a caller asks for: <c>[scheme[+scheme...]://][_endpoint.]service</c>.</summary>
public sealed class ServiceEndpointQuery
{
    private readonly string _input;

    private ServiceEndpointQuery(string input, IReadOnlyList<string> includedSchemes, string serviceName, string? endpointName)
    {
        _input = input;
        IncludedSchemes = includedSchemes;
        ServiceName = serviceName;
        EndpointName = endpointName;
    }

    /// <summary>The schemes asked for, best first. Empty when the query names none.</summary>
    public IReadOnlyList<string> IncludedSchemes { get; }

    /// <summary>The named endpoint asked for, or null.</summary>
    public string? EndpointName { get; }

    /// <summary>The service.</summary>
    public string ServiceName { get; }

    /// <summary>Reads a query; false when it is neither a name nor a URI.</summary>
    public static bool TryParse(string input, [NotNullWhen(true)] out ServiceEndpointQuery? query)
    {
        query = null;
        if (string.IsNullOrWhiteSpace(input))
        {
            return false;
        }

        var hasScheme = input.Contains("://", StringComparison.Ordinal);
        if (!Uri.TryCreate(hasScheme ? input : $"sd://{input}", UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            return false;
        }

        var serviceName = WithoutEndpointName(uri.Host);
        var endpointName = serviceName.Length == uri.Host.Length ? null : uri.Host[1..^(serviceName.Length + 1)];
        query = new ServiceEndpointQuery(input, hasScheme ? uri.Scheme.Split('+') : [], serviceName, endpointName);
        return true;
    }

    /// <inheritdoc />
    public override string ToString() => _input;

    /// <summary>Strips the leading <c>_name.</c> of a host.</summary>
    internal static string WithoutEndpointName(string host)
    {
        var dot = host.IndexOf('.', StringComparison.Ordinal);
        return host.StartsWith('_') && dot > 1 && dot < host.Length - 1 ? host[(dot + 1)..] : host;
    }
}
