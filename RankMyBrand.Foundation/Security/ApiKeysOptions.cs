using RankMyBrand.Foundation.RateLimiting;

namespace RankMyBrand.Foundation.Security;

/// <summary>The API keys that a service takes; section <c>Security</c>.</summary>
public sealed class ApiKeysOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Security";

    /// <summary>The keys, by a name that tells whose each is.</summary>
    public Dictionary<string, ApiKeyOptions> ApiKeys { get; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>One API key: as it is, or as its SHA-256.</summary>
public sealed class ApiKeyOptions
{
    /// <summary>The key itself, for development; keep it out of files.</summary>
    public string? Key { get; set; }

    /// <summary>The SHA-256 of the key's UTF-8 text, as 64 hexadecimal digits.</summary>
    public string? Sha256 { get; set; }

    /// <summary>The tenant that requests with this key act for, 1 to 128 of <c>[A-Za-z0-9._-]</c>; null for the default tenant.</summary>
    public string? Tenant { get; set; }

    /// <summary>What the key may do, such as <c>events:write</c>; <c>*</c> for everything. None by default.</summary>
    public List<string> Scopes { get; } = [];

    /// <summary>The roles of its owner.</summary>
    public List<string> Roles { get; } = [];

    /// <summary>The address ranges that the key may be used from, such as <c>10.0.0.0/8</c>; none for any address.</summary>
    public List<string> Networks { get; } = [];

    /// <summary>From when on the key is not taken any more; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>Other numbers for the key under rate limit policies that count by key or caller, by the policy's name.</summary>
    public Dictionary<string, RateLimitOverrideOptions> RateLimits { get; } = new(StringComparer.Ordinal);
}
