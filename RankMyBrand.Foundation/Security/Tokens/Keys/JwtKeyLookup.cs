namespace RankMyBrand.Foundation.Security;

/// <summary>A key, or why there is none.</summary>
/// <param name="Key">The key; null when there is none.</param>
/// <param name="Refusal">
/// Without a key: <see cref="JwtRefusal.UnknownKey"/>, <see cref="JwtRefusal.KeyMismatch"/>, <see cref="JwtRefusal.KeysUnavailable"/> or
/// <see cref="JwtRefusal.KeyNotSought"/>.
/// </param>
public readonly record struct JwtKeyLookup(JsonWebKey? Key, JwtRefusal Refusal);
