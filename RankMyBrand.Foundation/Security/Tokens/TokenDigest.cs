using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace RankMyBrand.Foundation.Security;

/// <summary>The SHA-256 of a token: what a cache may keep of a secret.</summary>
internal readonly record struct TokenDigest(ulong A, ulong B, ulong C, ulong D)
{
    public static TokenDigest Of(ReadOnlySpan<byte> token)
    {
        Span<ulong> words = stackalloc ulong[4];
        SHA256.HashData(token, MemoryMarshal.AsBytes(words));
        return new TokenDigest(words[0], words[1], words[2], words[3]);
    }

    // Already uniform, so nothing is left to mix.
    public override int GetHashCode() => (int)A;
}
