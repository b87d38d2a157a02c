namespace RankMyBrand.Foundation.Security;

/// <summary>A key, or why there is none.</summary>
/// <param name="Key">The key; null when there is none.</param>
/// <param name="Refusal">
/// Without a key: <see cref="JwtRefusal.UnknownKey"/>, <see cref="JwtRefusal.KeyMismatch"/> or <see cref="JwtRefusal.KeysUnavailable"/>.
/// </param>
public readonly record struct JwtKeyLookup(JsonWebKey? Key, JwtRefusal Refusal);
