using System.Numerics;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// An integer modulo p = 2^255 - 19 as five limbs of 51 bits. Every operation returns limbs below 2^52, so that no product overflows.
/// Times depend on values: for public data only.
/// </summary>
internal readonly struct Field25519(ulong l0, ulong l1, ulong l2, ulong l3, ulong l4)
{
    private const ulong Mask = (1UL << 51) - 1;

    private readonly ulong _l0 = l0, _l1 = l1, _l2 = l2, _l3 = l3, _l4 = l4;

    public static Field25519 Zero { get; } = FromInteger(0);

    public static Field25519 One { get; } = FromInteger(1);

    public static Field25519 FromInteger(uint value) => new(value, 0, 0, 0, 0);

    /// <summary>Takes 32 bytes, lowest first; the top bit is ignored. The value may lie above p.</summary>
    public static Field25519 FromBytes(ReadOnlySpan<byte> bytes)
    {
        var value = new BigInteger(bytes, isUnsigned: true);
        return new(Limb(0), Limb(1), Limb(2), Limb(3), Limb(4));
        ulong Limb(int index) => (ulong)((value >> (51 * index)) & Mask);
    }

    /// <summary>Writes the value, below p, as 32 bytes, lowest first.</summary>
    public void WriteTo(Span<byte> bytes)
    {
        var value = BigInteger.Zero;
        foreach (var limb in (ReadOnlySpan<ulong>)[_l4, _l3, _l2, _l1, _l0])
            value = (value << 51) + limb;
        bytes.Clear();
        (value % Curve25519.Prime).TryWriteBytes(bytes, out _, isUnsigned: true);
    }

    public bool IsZero()
    {
        Span<byte> bytes = stackalloc byte[32];
        WriteTo(bytes);
        return !bytes.ContainsAnyExcept((byte)0);
    }

    public bool IsOdd()
    {
        Span<byte> bytes = stackalloc byte[32];
        WriteTo(bytes);
        return (bytes[0] & 1) == 1;
    }

    public static Field25519 operator +(in Field25519 a, in Field25519 b) =>
        Carry(a._l0 + b._l0, a._l1 + b._l1, a._l2 + b._l2, a._l3 + b._l3, a._l4 + b._l4);

    // 4p is added limb by limb, so that none falls below zero.
    public static Field25519 operator -(in Field25519 a, in Field25519 b)
    {
        const ulong Low = 4 * (Mask - 18), High = 4 * Mask;
        return Carry(a._l0 + Low - b._l0, a._l1 + High - b._l1, a._l2 + High - b._l2, a._l3 + High - b._l3, a._l4 + High - b._l4);
    }

    public static Field25519 operator -(in Field25519 a) => Zero - a;

    // School multiplication; 2^255 = 19 mod p folds the upper half onto the lower.
    public static Field25519 operator *(in Field25519 a, in Field25519 b)
    {
        var (b1, b2, b3, b4) = (19 * b._l1, 19 * b._l2, 19 * b._l3, 19 * b._l4);
        var r0 = Math.BigMul(a._l0, b._l0) + Math.BigMul(a._l1, b4) + Math.BigMul(a._l2, b3) + Math.BigMul(a._l3, b2)
            + Math.BigMul(a._l4, b1);
        var r1 = Math.BigMul(a._l0, b._l1) + Math.BigMul(a._l1, b._l0) + Math.BigMul(a._l2, b4) + Math.BigMul(a._l3, b3)
            + Math.BigMul(a._l4, b2);
        var r2 = Math.BigMul(a._l0, b._l2) + Math.BigMul(a._l1, b._l1) + Math.BigMul(a._l2, b._l0) + Math.BigMul(a._l3, b4)
            + Math.BigMul(a._l4, b3);
        var r3 = Math.BigMul(a._l0, b._l3) + Math.BigMul(a._l1, b._l2) + Math.BigMul(a._l2, b._l1) + Math.BigMul(a._l3, b._l0)
            + Math.BigMul(a._l4, b4);
        var r4 = Math.BigMul(a._l0, b._l4) + Math.BigMul(a._l1, b._l3) + Math.BigMul(a._l2, b._l2) + Math.BigMul(a._l3, b._l1)
            + Math.BigMul(a._l4, b._l0);
        r1 += (ulong)(r0 >> 51);
        r2 += (ulong)(r1 >> 51);
        r3 += (ulong)(r2 >> 51);
        r4 += (ulong)(r3 >> 51);
        return Carry(
            ((ulong)r0 & Mask) + (19 * (ulong)(r4 >> 51)), (ulong)r1 & Mask, (ulong)r2 & Mask, (ulong)r3 & Mask, (ulong)r4 & Mask);
    }

    public Field25519 Square() => this * this;

    /// <summary>1/x; 0 for 0. Fermat: x^(p-2).</summary>
    public Field25519 Invert()
    {
        var (chain, eleven) = PowerChain();
        return chain.SquareTimes(5) * eleven;
    }

    /// <summary>x^((p-5)/8), the core of a square root (RFC 8032 section 5.1.3).</summary>
    public Field25519 PowerForRoot() => PowerChain().Chain.SquareTimes(2) * this;

    private Field25519 SquareTimes(int count)
    {
        var value = this;
        for (var i = 0; i < count; i++)
            value = value.Square();
        return value;
    }

    // x^(2^250 - 1) and x^11.
    private (Field25519 Chain, Field25519 Eleven) PowerChain()
    {
        var two = Square();
        var nine = two.SquareTimes(2) * this;
        var eleven = nine * two;
        var to5 = eleven.Square() * nine;
        var to10 = to5.SquareTimes(5) * to5;
        var to20 = to10.SquareTimes(10) * to10;
        var to40 = to20.SquareTimes(20) * to20;
        var to50 = to40.SquareTimes(10) * to10;
        var to100 = to50.SquareTimes(50) * to50;
        var to200 = to100.SquareTimes(100) * to100;
        return (to200.SquareTimes(50) * to50, eleven);
    }

    private static Field25519 Carry(ulong l0, ulong l1, ulong l2, ulong l3, ulong l4)
    {
        l1 += l0 >> 51;
        l2 += l1 >> 51;
        l3 += l2 >> 51;
        l4 += l3 >> 51;
        return new((l0 & Mask) + (19 * (l4 >> 51)), l1 & Mask, l2 & Mask, l3 & Mask, l4 & Mask);
    }
}
