using System.Numerics;
using System.Security.Cryptography;

namespace RankMyBrand.Tests.Foundation.Security.Tokens;

/// <summary>Ed25519 once more, written straight from RFC 8032 in affine big integers: slow, plain, and nothing shared with the product's.</summary>
internal static class Ed25519Reference
{
    public static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;
    public static readonly BigInteger L = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");

    private static readonly BigInteger s_d = Mod(-121665 * Inverse(121666));
    private static readonly BigInteger s_root = BigInteger.ModPow(2, (P - 1) / 4, P);
    private static readonly (BigInteger X, BigInteger Y) s_base = (RecoverX(Mod(4 * Inverse(5)), odd: false), Mod(4 * Inverse(5)));

    public static byte[] PublicKey(byte[] seed) => Encode(Multiply(Secret(seed), s_base));

    public static byte[] Sign(byte[] seed, byte[] message)
    {
        var (a, publicKey) = (Secret(seed), PublicKey(seed));
        var r = Number(SHA512.HashData([.. SHA512.HashData(seed)[32..], .. message])) % L;
        return Sign(r, Encode(Multiply(r, s_base)), a, publicKey, message);
    }

    /// <summary>Signs with any nonce point and public key encoding, also with ones that no honest signer has.</summary>
    public static byte[] Sign(BigInteger r, byte[] encodedR, BigInteger secret, byte[] publicKey, byte[] message)
    {
        var k = Number(SHA512.HashData([.. encodedR, .. publicKey, .. message])) % L;
        return [.. encodedR, .. Bytes((r + (k * secret)) % L)];
    }

    public static BigInteger Secret(byte[] seed)
    {
        var half = SHA512.HashData(seed)[..32];
        half[0] &= 248;
        half[31] = (byte)((half[31] & 63) | 64);
        return Number(half);
    }

    public static byte[] Bytes(BigInteger value)
    {
        var bytes = new byte[32];
        Assert.True(value.TryWriteBytes(bytes, out _, isUnsigned: true));
        return bytes;
    }

    private static BigInteger Number(byte[] bytes) => new(bytes, isUnsigned: true);

    private static BigInteger Mod(BigInteger value) => ((value % P) + P) % P;

    private static BigInteger Inverse(BigInteger value) => BigInteger.ModPow(value, P - 2, P);

    private static byte[] Encode((BigInteger X, BigInteger Y) point)
    {
        var bytes = Bytes(point.Y);
        bytes[31] |= (byte)(point.X.IsEven ? 0 : 0x80);
        return bytes;
    }

    private static BigInteger RecoverX(BigInteger y, bool odd)
    {
        var square = Mod(((y * y) - 1) * Inverse((s_d * y * y) + 1));
        var x = BigInteger.ModPow(square, (P + 3) / 8, P);
        if (Mod((x * x) - square) != 0)
            x = Mod(x * s_root);
        return x.IsEven == odd ? P - x : x;
    }

    private static (BigInteger X, BigInteger Y) Add((BigInteger X, BigInteger Y) p, (BigInteger X, BigInteger Y) q)
    {
        var t = Mod(s_d * p.X * q.X * p.Y * q.Y);
        return (Mod(((p.X * q.Y) + (p.Y * q.X)) * Inverse(1 + t)), Mod(((p.Y * q.Y) + (p.X * q.X)) * Inverse(Mod(1 - t))));
    }

    private static (BigInteger X, BigInteger Y) Multiply(BigInteger scalar, (BigInteger X, BigInteger Y) point)
    {
        (BigInteger X, BigInteger Y) sum = (0, 1);
        for (; scalar > 0; scalar >>= 1, point = Add(point, point))
        {
            if (!scalar.IsEven)
                sum = Add(sum, point);
        }

        return sum;
    }
}
