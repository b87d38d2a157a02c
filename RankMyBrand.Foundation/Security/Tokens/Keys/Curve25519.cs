using System.Numerics;

namespace RankMyBrand.Foundation.Security;

/// <summary>The numbers of edwards25519 (RFC 8032 section 5.1), derived from their definitions.</summary>
internal static class Curve25519
{
    /// <summary>p, the size of the field.</summary>
    public static BigInteger Prime { get; } = BigInteger.Pow(2, 255) - 19;

    /// <summary>L, the order of the base point.</summary>
    public static BigInteger Order { get; } = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");

    /// <summary>d = -121665/121666.</summary>
    public static Field25519 D { get; } = -(Field25519.FromInteger(121665) * Field25519.FromInteger(121666).Invert());

    /// <summary>A square root of -1: 2^((p-1)/4).</summary>
    public static Field25519 RootOfMinusOne { get; } = Field25519.FromInteger(2).PowerForRoot().Square() * Field25519.FromInteger(2);
}
