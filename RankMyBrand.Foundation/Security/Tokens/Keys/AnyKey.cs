namespace RankMyBrand.Foundation.Security;

/// <summary>
/// A few keys of one algorithm, each of which may have signed a token that names none, as when an issuer without key ids changes its key.
/// </summary>
/// <param name="keys">The keys, at least one.</param>
internal sealed class AnyKey(JsonWebKey[] keys) : JsonWebKey(keyId: null, keys[0].Algorithm)
{
    /// <summary>How many keys a token is tried with; with more, one junk token would cost too much.</summary>
    public const int MaxKeys = 4;

    internal override JwtRefusal Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        var refusal = JwtRefusal.MalformedSignature;
        foreach (var key in keys)
        {
            var outcome = key.Verify(data, signature);
            if (outcome == JwtRefusal.None)
                return outcome;
            // An RSA signature that is too long for one key may fit another.
            if (outcome == JwtRefusal.BadSignature)
                refusal = outcome;
        }

        return refusal;
    }
}
