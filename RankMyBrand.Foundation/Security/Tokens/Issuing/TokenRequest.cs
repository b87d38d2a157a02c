namespace RankMyBrand.Foundation.Security;

/// <summary>What a new token shall say.</summary>
public sealed record TokenRequest
{
    /// <summary>The <c>sub</c>: 1 to 256 characters, none of them a control character.</summary>
    public required string Subject { get; init; }

    /// <summary>The tenant: 1 to 128 of <c>[A-Za-z0-9._-]</c>; null for none.</summary>
    public string? Tenant { get; init; }

    /// <summary>The <c>aud</c>, 1 to 2048 characters; null for the configured one.</summary>
    public string? Audience { get; init; }

    /// <summary>The scopes, each of 1 to 2048 characters without spaces and control characters.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>The roles, each of 1 to 2048 characters without control characters.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>How long it lives; null for the configured time.</summary>
    public TimeSpan? Lifetime { get; init; }
}
