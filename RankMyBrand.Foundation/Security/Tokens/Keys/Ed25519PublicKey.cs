using System.Numerics;
using System.Security.Cryptography;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// Verifies Ed25519 signatures (RFC 8032 section 5.1.7), which the platform cannot do yet. Everything a verifier handles is public, so
/// nothing here takes constant time; it must never be used to sign. Strict where the RFC leaves a choice: S below L, canonical encodings
/// only, the equation without cofactor.
/// </summary>
internal sealed class Ed25519PublicKey
{
    public const int Length = 32;
    public const int SignatureLength = 64;

    private const int Digits = 64;                                       // a scalar in base 16

    private static readonly EdwardsPoint[] s_baseMultiples = Multiples(EdwardsPoint.Base);

    private readonly byte[] _encoded;
    private readonly EdwardsPoint[] _minusMultiples;

    private Ed25519PublicKey(byte[] encoded, EdwardsPoint point)
    {
        _encoded = encoded;
        _minusMultiples = Multiples(-point);
        HasSmallOrder = point.Double().Double().Double().IsNeutral();
    }

    /// <summary>Whether the point is one of the eight with which a signature can fit any message.</summary>
    public bool HasSmallOrder { get; }

    /// <summary>Reads a key; null when the bytes are not the canonical encoding of a point.</summary>
    public static Ed25519PublicKey? TryDecode(ReadOnlySpan<byte> encoded) =>
        EdwardsPoint.Decode(encoded) is { } point ? new Ed25519PublicKey(encoded.ToArray(), point) : null;

    /// <summary>Whether a signature has the right length and an S below L, without which there would be two for one message.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> signature) =>
        signature.Length == SignatureLength && new BigInteger(signature[Length..], isUnsigned: true) < Curve25519.Order;

    /// <summary>
    /// Whether R = S B - k A with k = SHA-512(R, A, data), for a well-formed signature. R is compared by its bytes, so
    /// only its canonical form fits.
    /// </summary>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        hash.AppendData(signature[..Length]);
        hash.AppendData(_encoded);
        hash.AppendData(data);
        Span<byte> k = stackalloc byte[SHA512.HashSizeInBytes];
        hash.GetHashAndReset(k);
        var reduced = new BigInteger(k, isUnsigned: true) % Curve25519.Order;
        k.Clear();
        reduced.TryWriteBytes(k, out _, isUnsigned: true);

        Span<byte> expected = stackalloc byte[Length];
        Combine(signature[Length..], k).Encode(expected);
        return expected.SequenceEqual(signature[..Length]);
    }

    // Both products in one walk from the top digit down: sixteenfold, then one addition for each scalar.
    private EdwardsPoint Combine(ReadOnlySpan<byte> s, ReadOnlySpan<byte> k)
    {
        var sum = EdwardsPoint.Neutral;
        for (var i = Digits - 1; i >= 0; i--)
        {
            sum = sum.Double().Double().Double().Double();
            if (Digit(s, i) is var ofBase and > 0)
                sum += s_baseMultiples[ofBase];
            if (Digit(k, i) is var ofKey and > 0)
                sum += _minusMultiples[ofKey];
        }

        return sum;
    }

    private static int Digit(ReadOnlySpan<byte> scalar, int index) => (scalar[index / 2] >> (4 * (index % 2))) & 15;

    private static EdwardsPoint[] Multiples(EdwardsPoint point)
    {
        var multiples = new EdwardsPoint[16];
        multiples[0] = EdwardsPoint.Neutral;
        for (var i = 1; i < multiples.Length; i++)
            multiples[i] = multiples[i - 1] + point;
        return multiples;
    }
}
