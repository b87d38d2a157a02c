namespace RankMyBrand.Foundation.Security;

/// <summary>A new token.</summary>
/// <param name="Token">The token itself: a secret, not to be logged.</param>
/// <param name="Id">Its <c>jti</c>, with which it can be revoked.</param>
/// <param name="ExpiresAt">When it ends.</param>
public sealed record IssuedToken(string Token, string Id, DateTimeOffset ExpiresAt);
