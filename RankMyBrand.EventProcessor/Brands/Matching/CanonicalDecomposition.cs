using System.Collections.Frozen;
using System.Globalization;

namespace RankMyBrand.EventProcessor.Brands.Matching;

/// <summary>
/// Canonical decompositions (NFD). The platform runs with invariant globalization, in which <see cref="string.Normalize()"/> leaves
/// every string as it is, so the table is our own: matching must not depend on which libraries a machine has.
/// </summary>
internal static class CanonicalDecomposition
{
    private const string Resource = "RankMyBrand.EventProcessor.Brands.Matching.CanonicalDecomposition.txt";

    // The Hangul syllables are laid out as leading consonant, vowel, trailing consonant (Unicode standard, section 3.12).
    private const int FirstSyllable = 0xAC00;
    private const int LastSyllable = 0xD7A3;
    private const int Vowels = 21;
    private const int Trailing = 28;

    private static readonly FrozenDictionary<char, string> s_table = Load();

    /// <summary>The decomposition of a character, or null when it is its own.</summary>
    public static string? Of(char c)
    {
        if (c is < (char)FirstSyllable or > (char)LastSyllable)
            return s_table.GetValueOrDefault(c);
        var index = c - FirstSyllable;
        var leading = (char)(0x1100 + (index / (Vowels * Trailing)));
        var vowel = (char)(0x1161 + (index % (Vowels * Trailing) / Trailing));
        return index % Trailing == 0 ? $"{leading}{vowel}" : $"{leading}{vowel}{(char)(0x11A7 + (index % Trailing))}";
    }

    private static FrozenDictionary<char, string> Load()
    {
        using var reader = new StreamReader(typeof(CanonicalDecomposition).Assembly.GetManifestResourceStream(Resource)!);
        var table = new Dictionary<char, string>();
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
                continue;
            var characters = line.Split(' ').Select(hex => (char)int.Parse(hex, NumberStyles.AllowHexSpecifier)).ToArray();
            table.Add(characters[0], new string(characters, 1, characters.Length - 1));
        }

        return table.ToFrozenDictionary();
    }
}
