using System.Buffers;
using System.Collections.Frozen;

namespace RankMyBrand.Gateway.Http;

/// <summary>
/// Cleans the headers of a request. Dropped is what says who the caller is and where he comes from, which only the gateway may tell the
/// services, what the client says is for this connection only, and whatever has an underscore in its name: many servers take that for a
/// hyphen, so it would be another way to say the same.
/// </summary>
internal static class ClientHeaders
{
    private static readonly FrozenSet<string> s_names = new[]
    {
        "Tenant", "Tenant-ID", "X-User", "X-Auth-User", "X-Scope", "X-Scopes", "X-Role", "X-Roles", "Remote-User",
        "Proxy-Authorization", "Forwarded", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "True-Client-IP", "CF-Connecting-IP",
        "X-Originating-IP", "X-Envoy-External-Address", "Fastly-Client-IP", "X-Scheme", "X-Rewrite-URL", "X-Host", "X-Client-Cert",
        "Client-Cert", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Content-Length", "Trailer", "Proxy",
        "Proxy-Connection",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private const string Extension = "X-";

    // After "X-".
    private static readonly string[] s_extensions =
    [
        "Tenant", "Identity", "Forwarded", "Original", "User-", "Auth-Request-", "Auth-User-", "Authenticated-", "Consumer-",
        "MS-Client-Principal", "Remote-", "SSL-Client-",
    ];

    // What the name of a header may consist of (RFC 9110), but for the underscore.
    private static readonly SearchValues<char> s_name =
        SearchValues.Create("!#$%&'*+-.^`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly SearchValues<char> s_visible =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code), '\t']);

    /// <summary>Drops what a client must not say.</summary>
    /// <returns>The name of a header that no service could be sent; null when all is well.</returns>
    public static string? Clean(IHeaderDictionary headers)
    {
        List<string>? reserved = null;
        foreach (var (name, values) in headers)
        {
            // HTTP/2 can carry any name, even such as would be several headers in HTTP/1.
            if (name.AsSpan().ContainsAnyExcept(s_name) && name.Any(c => c != '_' && !s_name.Contains(c)))
                return name;
            if (IsReserved(name))
            {
                (reserved ??= []).Add(name);
                continue;
            }

            foreach (var value in values)
            {
                if (value.AsSpan().ContainsAnyExcept(s_visible))
                    return name;
            }
        }

        foreach (var name in reserved ?? [])
            headers.Remove(name);
        // The server shows them only where neither "close" nor "keep-alive" is among them.
        if (headers.Connection is { Count: > 0 } options)
            ConnectionOptions.Apply(headers, options.ToString());
        return null;
    }

    internal static bool IsReserved(string name)
    {
        if (name.Contains('_', StringComparison.Ordinal) || s_names.Contains(name))
            return true;
        if (!name.StartsWith(Extension, StringComparison.OrdinalIgnoreCase))
            return name.StartsWith("SSL-Client-", StringComparison.OrdinalIgnoreCase);
        var extension = name.AsSpan(Extension.Length);
        foreach (var prefix in s_extensions)
        {
            if (extension.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
