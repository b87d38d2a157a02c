using System.Numerics;
using System.Security.Cryptography;
using RankMyBrand.Foundation.Security;

namespace RankMyBrand.Tests.Foundation.Security.Tokens;

public sealed class Field25519Tests
{
    private static readonly BigInteger s_p = Ed25519Reference.P;

    // Where limbs are full or empty and where p folds over.
    private static readonly BigInteger[] s_edges =
    [
        0, 1, 2, 19, (BigInteger.One << 51) - 1, BigInteger.One << 51, (BigInteger.One << 204) - 1, BigInteger.One << 254,
        s_p - 2, s_p - 1, s_p, s_p + 1, s_p + 18,
    ];

    [Fact]
    public void Operations_EdgesAndRandomValues_AgreeWithBigIntegers()
    {
        BigInteger[] values = [.. s_edges, .. Enumerable.Range(0, 60).Select(_ => new BigInteger(RandomNumberGenerator.GetBytes(32), isUnsigned: true) >> 1)];

        foreach (var a in values)
        {
            foreach (var b in values)
            {
                var (x, y) = (Field(a), Field(b));
                Assert.Equal((a + b) % s_p, Number(x + y));
                Assert.Equal((((a - b) % s_p) + s_p) % s_p, Number(x - y));
                Assert.Equal(a * b % s_p, Number(x * y));
                Assert.Equal((a + b) * (a + b) * b % s_p, Number((x + y).Square() * y));
                Assert.Equal(BigInteger.ModPow(a - b, 2, s_p) * a % s_p, Number((x - y).Square() * x));
            }
        }
    }

    [Fact]
    public void Powers_EdgesAndRandomValues_AgreeWithBigIntegers()
    {
        BigInteger[] values = [.. s_edges, .. Enumerable.Range(0, 40).Select(_ => new BigInteger(RandomNumberGenerator.GetBytes(32), isUnsigned: true) >> 1)];

        foreach (var a in values)
        {
            Assert.Equal(BigInteger.ModPow(a, s_p - 2, s_p), Number(Field(a).Invert()));
            Assert.Equal(BigInteger.ModPow(a, (s_p - 5) / 8, s_p), Number(Field(a).PowerForRoot()));
            Assert.Equal(a % s_p == 0, Field(a).IsZero());
            Assert.Equal(!(a % s_p).IsEven, Field(a).IsOdd());
        }
    }

    [Fact]
    public void Operations_LongChainOfThem_StayExact()
    {
        var (x, expected) = (Field(s_p - 3), s_p - 3);
        for (var i = 0; i < 2000; i++)
        {
            (x, expected) = (i % 3) switch
            {
                0 => (x * x - Field25519.One, ((expected * expected) - 1 + s_p) % s_p),
                1 => (x + x + x, 3 * expected % s_p),
                _ => (-x - x, ((-2 * expected % s_p) + s_p) % s_p),
            };
            Assert.Equal(expected, Number(x));
        }
    }

    private static Field25519 Field(BigInteger value) => Field25519.FromBytes(Ed25519Reference.Bytes(value));

    private static BigInteger Number(Field25519 value)
    {
        var bytes = new byte[32];
        value.WriteTo(bytes);
        return new BigInteger(bytes, isUnsigned: true);
    }
}
