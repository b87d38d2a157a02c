using System.Globalization;

namespace RankMyBrand.Foundation.Security;

/// <summary>The message that tells of one more entry of the list of revocations; see revoke.lua.</summary>
/// <param name="Before">The state of the list without the entry.</param>
/// <param name="After">The state of the list with it.</param>
/// <param name="Entry">The entry.</param>
internal readonly record struct RevocationNote(string Before, string After, Revocation Entry)
{
    /// <summary>Reads a message; null when it is not one of revoke.lua.</summary>
    public static RevocationNote? Parse(string message)
    {
        // The member comes last, because it may have spaces.
        var parts = message.Split(' ', 5);
        return parts.Length == 5
            && KindOf(parts[2]) is { } kind
            && double.TryParse(parts[3], NumberStyles.Float, CultureInfo.InvariantCulture, out var score)
            && !double.IsNaN(score)
                ? new RevocationNote(parts[0], parts[1], new Revocation(kind, parts[4], score))
                : null;
    }

    private static RevocationKind? KindOf(string text) => text switch
    {
        "1" => RevocationKind.Token,
        "2" => RevocationKind.Subject,
        _ => null,
    };
}
