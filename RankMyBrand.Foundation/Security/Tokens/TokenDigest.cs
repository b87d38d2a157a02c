using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace RankMyBrand.Foundation.Security;

/// <summary>The SHA-256 of a token or key: what may be kept of a secret.</summary>
internal readonly record struct TokenDigest(ulong A, ulong B, ulong C, ulong D)
{
    public static TokenDigest Of(ReadOnlySpan<byte> token)
    {
        Span<ulong> words = stackalloc ulong[4];
        SHA256.HashData(token, MemoryMarshal.AsBytes(words));
        return new TokenDigest(words[0], words[1], words[2], words[3]);
    }

    /// <summary>A hash that was made elsewhere, 32 bytes.</summary>
    public static TokenDigest FromHash(ReadOnlySpan<byte> hash)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(hash);
        return new TokenDigest(words[0], words[1], words[2], words[3]);
    }

    // Already uniform, so nothing is left to mix.
    public override int GetHashCode() => (int)A;
}
