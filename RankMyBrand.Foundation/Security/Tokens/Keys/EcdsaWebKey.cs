using System.Security.Cryptography;

namespace RankMyBrand.Foundation.Security;

/// <summary>A P-256 key for ES256 (RFC 7518 section 3.4).</summary>
internal sealed class EcdsaWebKey : JsonWebKey
{
    public const int CoordinateLength = 32;

    private readonly KeyPool<ECDsa> _keys;

    /// <exception cref="CryptographicException">The point is not on the curve.</exception>
    public EcdsaWebKey(string? keyId, ECPoint point)
        : base(keyId, JwtAlgorithm.ES256)
    {
        Point = point;
        _keys = new KeyPool<ECDsa>(() => ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point }));
        _keys.Return(_keys.Rent());                                      // tries the point
    }

    public ECPoint Point { get; }

    // n, the order of the base point (SEC 2 section 2.4.2).
    private static ReadOnlySpan<byte> Order =>
    [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];

    // The signature is r and s, 32 bytes each and in [1, n-1]; the DER form of other protocols is not accepted.
    internal override JwtRefusal Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != 2 * CoordinateLength
            || !IsScalar(signature[..CoordinateLength])
            || !IsScalar(signature[CoordinateLength..]))
            return JwtRefusal.MalformedSignature;
        var key = _keys.Rent();
        try
        {
            return key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)
                ? JwtRefusal.None
                : JwtRefusal.BadSignature;
        }
        finally
        {
            _keys.Return(key);
        }
    }

    private static bool IsScalar(ReadOnlySpan<byte> value) => value.ContainsAnyExcept((byte)0) && value.SequenceCompareTo(Order) < 0;
}
