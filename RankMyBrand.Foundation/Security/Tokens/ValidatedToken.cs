using System.Security.Claims;

namespace RankMyBrand.Foundation.Security;

/// <summary>What a token says, after all checks. Immutable and shared between requests.</summary>
public sealed record ValidatedToken
{
    /// <summary>The <c>iss</c>.</summary>
    public required string Issuer { get; init; }

    /// <summary>The <c>sub</c>: who it is; null when the token does not say.</summary>
    public string? Subject { get; init; }

    /// <summary>
    /// The tenant: 1 to 128 of <c>[A-Za-z0-9._-]</c>, safe in a header and in a cache key; null when the token names none.
    /// </summary>
    public string? Tenant { get; init; }

    /// <summary>The <c>jti</c>: the token's own id.</summary>
    public string? Id { get; init; }

    /// <summary>The scopes.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>The roles.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>The <c>iat</c>.</summary>
    public DateTimeOffset? IssuedAt { get; init; }

    /// <summary>The <c>exp</c>, without the clock skew.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Whether the token has a scope; case counts.</summary>
    public bool HasScope(string scope) => Scopes.Contains(scope, StringComparer.Ordinal);

    /// <summary>Whether the token has a role; case counts.</summary>
    public bool HasRole(string role) => Roles.Contains(role, StringComparer.Ordinal);

    /// <summary>
    /// The token as a principal, with the claims <c>iss sub tenant jti scope roles</c>, one claim a scope and a
    /// role. A new one at each call.
    /// </summary>
    public ClaimsPrincipal ToPrincipal(string authenticationType)
    {
        var identity = new ClaimsIdentity(authenticationType, nameType: "sub", roleType: "roles");
        Add("iss", Issuer);
        Add("sub", Subject);
        Add("tenant", Tenant);
        Add("jti", Id);
        foreach (var scope in Scopes)
            Add("scope", scope);
        foreach (var role in Roles)
            Add("roles", role);
        return new ClaimsPrincipal(identity);

        void Add(string type, string? value)
        {
            if (value is not null)
                identity.AddClaim(new Claim(type, value, ClaimValueTypes.String, Issuer));
        }
    }
}
