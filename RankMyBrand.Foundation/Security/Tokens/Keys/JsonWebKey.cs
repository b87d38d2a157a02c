namespace RankMyBrand.Foundation.Security;

/// <summary>A public key that may verify signatures of one algorithm. May be used by many threads at once.</summary>
public abstract class JsonWebKey
{
    private protected JsonWebKey(string? keyId, JwtAlgorithm algorithm) => (KeyId, Algorithm) = (keyId, algorithm);

    /// <summary>The <c>kid</c>; null when the key has none.</summary>
    public string? KeyId { get; }

    /// <summary>The only algorithm this key is used with.</summary>
    public JwtAlgorithm Algorithm { get; }

    /// <summary>
    /// Returns <see cref="JwtRefusal.None"/>, <see cref="JwtRefusal.MalformedSignature"/> or <see cref="JwtRefusal.BadSignature"/>.
    /// </summary>
    internal abstract JwtRefusal Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);
}
