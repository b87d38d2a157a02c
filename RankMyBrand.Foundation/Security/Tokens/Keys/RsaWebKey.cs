using System.Security.Cryptography;

namespace RankMyBrand.Foundation.Security;

/// <summary>An RSA key for RS256 (RFC 7518 section 3.3).</summary>
internal sealed class RsaWebKey : JsonWebKey
{
    public const int MinBits = 2048;
    public const int MaxBits = 8192;                                     // a larger one only burns time

    private readonly int _length;
    private readonly KeyPool<RSA> _keys;

    /// <exception cref="CryptographicException">The numbers are not a key.</exception>
    public RsaWebKey(string? keyId, byte[] modulus, byte[] exponent)
        : base(keyId, JwtAlgorithm.RS256)
    {
        _length = modulus.Length;
        _keys = new KeyPool<RSA>(() => RSA.Create(new RSAParameters { Modulus = modulus, Exponent = exponent }));
        _keys.Return(_keys.Rent());
    }

    internal override JwtRefusal Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != _length)
            return JwtRefusal.MalformedSignature;
        var key = _keys.Rent();
        try
        {
            return key.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
                ? JwtRefusal.None
                : JwtRefusal.BadSignature;
        }
        finally
        {
            _keys.Return(key);
        }
    }
}
