using System.Collections.Frozen;

namespace RankMyBrand.Gateway.Identity;

/// <summary>
/// What services are told about the caller. Whatever a client sent under such a name is dropped first, and also what services of other
/// makes take for the caller's identity or address: in any letter case, and with underscores, which many servers take for hyphens.
/// </summary>
internal static class IdentityHeaders
{
    public const string Tenant = "X-Tenant-ID";
    public const string Identity = "X-Identity-ID";

    private const int LongestName = 40;

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_names = new[]
    {
        "authorization", "proxy-authorization", "x-api-key", "tenant", "tenant-id", "x-user", "x-user-id", "x-scope", "x-scopes", "x-role", "x-roles",
        "remote-user", "x-remote-user", "forwarded", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip", "cf-connecting-ip",
        "x-rewrite-url", "x-host", "x-client-cert", "client-cert", "x-http-method-override", "x-http-method", "x-method-override",
    }.ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly string[] s_prefixes =
        ["x-tenant", "x-identity", "x-forwarded", "x-original", "x-auth-request-", "x-authenticated-", "x-ssl-client-"];

    /// <summary>Removes what a client must not say.</summary>
    public static void Remove(IHeaderDictionary headers)
    {
        List<string>? reserved = null;
        foreach (var (name, _) in headers)
        {
            if (IsReserved(name))
                (reserved ??= []).Add(name);
        }

        foreach (var name in reserved ?? [])
            headers.Remove(name);
    }

    /// <summary>Replaces what a client must not say by what the gateway knows.</summary>
    public static void Set(IHeaderDictionary headers, CallerIdentity identity)
    {
        Remove(headers);
        headers[Identity] = identity.Id;
        if (identity.Tenant is not null)
            headers[Tenant] = identity.Tenant;
    }

    internal static bool IsReserved(string name)
    {
        Span<char> plain = stackalloc char[Math.Min(name.Length, LongestName)];
        for (var i = 0; i < plain.Length; i++)
            plain[i] = name[i] == '_' ? '-' : char.ToLowerInvariant(name[i]);
        foreach (var prefix in s_prefixes)
        {
            if (plain.StartsWith(prefix))
                return true;
        }

        return name.Length <= LongestName && s_names.Contains(plain);
    }
}
