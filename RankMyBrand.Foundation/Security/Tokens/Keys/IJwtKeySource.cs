namespace RankMyBrand.Foundation.Security;

/// <summary>
/// Where a validator's trusted keys come from: configuration, the issuer's endpoint, or the issuer itself in the same process.
/// </summary>
public interface IJwtKeySource
{
    /// <summary>Finds the key for a token. Without a key id there must be exactly one key of the algorithm.</summary>
    ValueTask<JwtKeyLookup> FindAsync(string? keyId, JwtAlgorithm algorithm, CancellationToken ct);
}
