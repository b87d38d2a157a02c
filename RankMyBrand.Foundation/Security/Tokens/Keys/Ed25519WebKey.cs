namespace RankMyBrand.Foundation.Security;

/// <summary>An Ed25519 key for EdDSA (RFC 8037).</summary>
internal sealed class Ed25519WebKey(string? keyId, Ed25519PublicKey key) : JsonWebKey(keyId, JwtAlgorithm.EdDSA)
{
    internal override JwtRefusal Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (!Ed25519PublicKey.IsWellFormed(signature))
            return JwtRefusal.MalformedSignature;
        return key.Verify(data, signature) ? JwtRefusal.None : JwtRefusal.BadSignature;
    }
}
