using System.Net;

namespace RankMyBrand.Foundation.Security;

/// <summary>Whose API key it is and what it may do. Immutable and shared between requests.</summary>
public sealed class ApiKeyIdentity
{
    /// <summary>The scope that stands for all others.</summary>
    public const string AllScopes = "*";

    private readonly NetworkList _networks;

    internal ApiKeyIdentity(string name, TokenDigest digest, ApiKeyOptions options)
    {
        Name = name;
        Digest = digest;
        Tenant = options.Tenant;
        Scopes = [.. options.Scopes];
        Roles = [.. options.Roles];
        ExpiresAt = options.ExpiresAt;
        _networks = new NetworkList(options.Networks);
    }

    /// <summary>The key's name in the configuration.</summary>
    public string Name { get; }

    /// <summary>The tenant that the caller acts for; null for the default tenant.</summary>
    public string? Tenant { get; }

    /// <summary>What the key may do; <see cref="AllScopes"/> for everything.</summary>
    public IReadOnlyList<string> Scopes { get; }

    /// <summary>The roles of the caller.</summary>
    public IReadOnlyList<string> Roles { get; }

    /// <summary>From when on the key is not taken any more; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    internal TokenDigest Digest { get; }

    /// <summary>Whether a text can be a scope or role: 1 to 128 visible ASCII characters without <c>,</c> and <c>"</c>.</summary>
    public static bool IsScope(string text) =>
        text.Length is > 0 and <= 128 && text.All(c => c is > ' ' and < '\x7f' and not (',' or '"'));

    /// <summary>Whether the key may be used from an address. True for every address when the key has no networks.</summary>
    public bool MayCallFrom(IPAddress? address) => _networks.IsEmpty || _networks.Contains(address);
}
