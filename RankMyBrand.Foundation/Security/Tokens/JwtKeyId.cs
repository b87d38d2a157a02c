using System.Buffers;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// What a <c>kid</c> may look like. It is only ever compared, but it also ends in logs, and a path or a query in it
/// is an attack on somebody.
/// </summary>
internal static class JwtKeyId
{
    private const int MaxLength = 128;

    private static readonly SearchValues<char> s_allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~=+/:@-");

    public static bool IsValid(string keyId) =>
        keyId.Length is > 0 and <= MaxLength
        && !keyId.AsSpan().ContainsAnyExcept(s_allowed)
        && !keyId.Contains("..", StringComparison.Ordinal);
}
