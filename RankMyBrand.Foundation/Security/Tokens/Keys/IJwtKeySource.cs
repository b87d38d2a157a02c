namespace RankMyBrand.Foundation.Security;

/// <summary>
/// Where a validator's trusted keys come from: configuration, the issuer's endpoint, or the issuer itself in the same process.
/// </summary>
public interface IJwtKeySource
{
    /// <summary>Finds the key for a token. One without a key id may have been signed by any of the few keys of the algorithm.</summary>
    ValueTask<JwtKeyLookup> FindAsync(string? keyId, JwtAlgorithm algorithm, CancellationToken ct);
}
