using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// Base64url as RFC 7515 section 2 has it: the platform's decoder also takes padding and white space, which would give
/// one token many spellings.
/// </summary>
internal static class StrictBase64Url
{
    private static readonly SearchValues<byte> s_alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    public static bool TryDecode(ReadOnlySpan<byte> text, [NotNullWhen(true)] out byte[]? value)
    {
        value = null;
        if (text.ContainsAnyExcept(s_alphabet))
            return false;
        var decoded = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        // The decoder itself refuses stray low bits in the last letter.
        if (Base64Url.DecodeFromUtf8(text, decoded, out _, out var written) != OperationStatus.Done)
            return false;
        value = written == decoded.Length ? decoded : decoded[..written];
        return true;
    }
}
