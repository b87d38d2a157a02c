using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace RankMyBrand.Foundation.Security;

/// <summary>Reads one member of a JWK set (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2).</summary>
internal static class JwkReader
{
    private static readonly string[] s_privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

    public static JwkRefusal Read(JsonElement jwk, out JsonWebKey? key)
    {
        key = null;
        if (jwk.ValueKind != JsonValueKind.Object || Text(jwk, "kty") is not { } type)
            return JwkRefusal.Malformed;
        if (s_privateMembers.Any(name => jwk.TryGetProperty(name, out _)))
            return JwkRefusal.Private;
        if (jwk.TryGetProperty("kid", out _) && (Text(jwk, "kid") is not { } id || !JwtKeyId.IsValid(id)))
            return JwkRefusal.InvalidKeyId;
        if (!IsForVerifying(jwk))
            return JwkRefusal.NotForSignatures;
        try
        {
            return type switch
            {
                "EC" => ReadEc(jwk, out key),
                "RSA" => ReadRsa(jwk, out key),
                "OKP" => ReadOkp(jwk, out key),
                _ => JwkRefusal.UnsupportedType,
            };
        }
        catch (CryptographicException)
        {
            return type == "EC" ? JwkRefusal.NotOnCurve : JwkRefusal.Malformed;
        }
    }

    private static JwkRefusal ReadEc(JsonElement jwk, out JsonWebKey? key)
    {
        key = null;
        if (Text(jwk, "crv") != "P-256")
            return JwkRefusal.UnsupportedCurve;
        if (!HasAlgorithm(jwk, "ES256"))
            return JwkRefusal.UnsupportedAlgorithm;
        if (Bytes(jwk, "x") is not { Length: EcdsaWebKey.CoordinateLength } x
            || Bytes(jwk, "y") is not { Length: EcdsaWebKey.CoordinateLength } y)
            return JwkRefusal.Malformed;
        key = new EcdsaWebKey(Text(jwk, "kid"), new ECPoint { X = x, Y = y });
        return JwkRefusal.None;
    }

    private static JwkRefusal ReadRsa(JsonElement jwk, out JsonWebKey? key)
    {
        key = null;
        if (!HasAlgorithm(jwk, "RS256"))
            return JwkRefusal.UnsupportedAlgorithm;
        // Without leading zeros (RFC 7518 section 2, Base64urlUInt).
        if (Bytes(jwk, "n") is not { Length: > 0 } n || Bytes(jwk, "e") is not { Length: > 0 } e || n[0] == 0 || e[0] == 0)
            return JwkRefusal.Malformed;
        var bits = (n.Length * 8) - BitOperations.LeadingZeroCount((uint)n[0] << 24);
        var exponent = new BigInteger(e, isUnsigned: true, isBigEndian: true);
        if (bits is < RsaWebKey.MinBits or > RsaWebKey.MaxBits || (n[^1] & 1) == 0 || exponent < 3 || exponent.IsEven || e.Length > 4)
            return JwkRefusal.Weak;
        key = new RsaWebKey(Text(jwk, "kid"), n, e);
        return JwkRefusal.None;
    }

    private static JwkRefusal ReadOkp(JsonElement jwk, out JsonWebKey? key)
    {
        key = null;
        if (Text(jwk, "crv") != "Ed25519")
            return JwkRefusal.UnsupportedCurve;
        if (!HasAlgorithm(jwk, "EdDSA") && !HasAlgorithm(jwk, "Ed25519"))
            return JwkRefusal.UnsupportedAlgorithm;
        if (Bytes(jwk, "x") is not { Length: Ed25519PublicKey.Length } x)
            return JwkRefusal.Malformed;
        if (Ed25519PublicKey.TryDecode(x) is not { } point)
            return JwkRefusal.NotOnCurve;
        if (point.HasSmallOrder)
            return JwkRefusal.Weak;
        key = new Ed25519WebKey(Text(jwk, "kid"), point);
        return JwkRefusal.None;
    }

    private static bool IsForVerifying(JsonElement jwk) =>
        (!jwk.TryGetProperty("use", out _) || Text(jwk, "use") == "sig")
        && (!jwk.TryGetProperty("key_ops", out var operations)
            || (operations.ValueKind == JsonValueKind.Array && operations.EnumerateArray().Any(IsVerify)));

    private static bool IsVerify(JsonElement operation) =>
        operation.ValueKind == JsonValueKind.String && operation.GetString() == "verify";

    private static bool HasAlgorithm(JsonElement jwk, string name) => !jwk.TryGetProperty("alg", out _) || Text(jwk, "alg") == name;

    private static string? Text(JsonElement jwk, string name) =>
        jwk.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[]? Bytes(JsonElement jwk, string name) =>
        Text(jwk, name) is { } text && StrictBase64Url.TryDecode(Encoding.UTF8.GetBytes(text), out var bytes) ? bytes : null;
}
