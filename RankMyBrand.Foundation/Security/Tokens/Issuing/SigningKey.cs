using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// A private P-256 key for ES256 and the time from which it signs. Its id is its thumbprint (RFC 7638). May be
/// used by many threads at once.
/// </summary>
public sealed class SigningKey : IDisposable
{
    private readonly KeyPool<ECDsa> _keys;

    private SigningKey(ECParameters parameters, DateTimeOffset signsFrom)
    {
        _keys = new KeyPool<ECDsa>(() => ECDsa.Create(parameters));
        (X, Y) = (Base64Url.EncodeToString(parameters.Q.X), Base64Url.EncodeToString(parameters.Q.Y));
        var thumbprint = $$"""{"crv":"P-256","kty":"EC","x":"{{X}}","y":"{{Y}}"}""";
        KeyId = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(thumbprint)));
        SignsFrom = signsFrom;
        PublicKey = new EcdsaWebKey(KeyId, parameters.Q);
    }

    /// <summary>The <c>kid</c>.</summary>
    public string KeyId { get; }

    /// <summary>When it begins to sign. It is published at once, so that validators know it by then.</summary>
    public DateTimeOffset SignsFrom { get; }

    /// <summary>The public half.</summary>
    public JsonWebKey PublicKey { get; }

    internal string X { get; }

    internal string Y { get; }

    /// <summary>Makes a new key.</summary>
    public static SigningKey Generate(DateTimeOffset signsFrom)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new SigningKey(key.ExportParameters(includePrivateParameters: true), signsFrom);
    }

    /// <summary>Reads a key that <see cref="ToPem"/> wrote.</summary>
    /// <exception cref="ArgumentException">It is not an unencrypted private key of P-256 in PEM form.</exception>
    public static SigningKey FromPem(string pem, DateTimeOffset signsFrom)
    {
        using var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            var parameters = key.ExportParameters(includePrivateParameters: true);
            if (parameters.Curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value)
            {
                throw new ArgumentException(
                    $"The signing key is on the curve '{parameters.Curve.Oid.FriendlyName}'; ES256 needs P-256.", nameof(pem));
            }

            return new SigningKey(parameters, signsFrom);
        }
        catch (CryptographicException e)
        {
            throw new ArgumentException(
                "The signing key is not a private EC key; give an unencrypted PKCS#8 key of P-256 in PEM form.", nameof(pem), e);
        }
    }

    /// <summary>The private key as PKCS#8 in PEM form. Whoever has it can issue tokens: encrypt it before it is stored.</summary>
    public string ToPem()
    {
        var key = _keys.Rent();
        try
        {
            return key.ExportPkcs8PrivateKeyPem();
        }
        finally
        {
            _keys.Return(key);
        }
    }

    /// <summary>Frees the key; it is of no use any more.</summary>
    public void Dispose() => _keys.Close();

    internal byte[] Sign(ReadOnlySpan<byte> data)
    {
        var key = _keys.Rent();
        try
        {
            return key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        finally
        {
            _keys.Return(key);
        }
    }
}
