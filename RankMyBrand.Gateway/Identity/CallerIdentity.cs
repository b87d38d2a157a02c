using RankMyBrand.Foundation.Security;

namespace RankMyBrand.Gateway.Identity;

/// <summary>Who calls: the owner of an API key, or the subject of a token.</summary>
internal sealed class CallerIdentity
{
    private readonly bool _hasAllScopes;

    public CallerIdentity(ApiKeyIdentity key)
    {
        (Credential, Id, ApiKey, Tenant, Scopes, Roles) = (key, IdOf(key.Name), key.Name, key.Tenant, key.Scopes, key.Roles);
        _hasAllScopes = key.Scopes.Contains(ApiKeyIdentity.AllScopes, StringComparer.Ordinal);
    }

    /// <param name="token">A valid token that has a subject.</param>
    public CallerIdentity(ValidatedToken token) =>
        (Credential, Id, User, Tenant, Scopes, Roles) =
            (token, $"user:{Uri.EscapeDataString(token.Subject!)}", token.Subject, token.Tenant, token.Scopes, token.Roles);

    /// <summary>What it was made of: an <see cref="ApiKeyIdentity"/> or a <see cref="ValidatedToken"/>.</summary>
    public object Credential { get; }

    /// <summary><c>key:NAME</c> or <c>user:SUBJECT</c>, the subject percent-encoded: fit for headers and logs, and no secret.</summary>
    public string Id { get; }

    /// <summary>The API key's name; null for a token.</summary>
    public string? ApiKey { get; }

    /// <summary>The token's subject; null for an API key.</summary>
    public string? User { get; }

    /// <summary>The tenant that the caller acts for; null for the default tenant.</summary>
    public string? Tenant { get; }

    public IReadOnlyList<string> Scopes { get; }

    public IReadOnlyList<string> Roles { get; }

    /// <summary>The id of an API key's owner.</summary>
    public static string IdOf(string apiKey) => $"key:{apiKey}";

    public bool HasScope(string scope) => _hasAllScopes || Scopes.Contains(scope, StringComparer.Ordinal);

    public bool HasRole(string role) => Roles.Contains(role, StringComparer.Ordinal);
}
