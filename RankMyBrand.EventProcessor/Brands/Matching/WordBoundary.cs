using System.Globalization;
using System.Text;

namespace RankMyBrand.EventProcessor.Brands.Matching;

/// <summary>
/// Where words begin and end. A word is made of letters, digits, marks and connectors (the underscore); scripts that
/// are written without spaces
/// have no such borders, so beside one of their letters every place is a border.
/// </summary>
internal static class WordBoundary
{
    /// <summary>True when what stands before <paramref name="index"/> does not belong to a word that begins there.</summary>
    public static bool IsBefore(ReadOnlySpan<char> text, int index)
    {
        if (index == 0)
            return true;
        var before = RuneBefore(text, index);
        return !IsWord(before) || IsUnspaced(before) || IsUnspaced(RuneAt(text, index));
    }

    /// <summary>True when what stands at <paramref name="index"/> does not belong to a word that ends there.</summary>
    public static bool IsAfter(ReadOnlySpan<char> text, int index)
    {
        if (index == text.Length)
            return true;
        var after = RuneAt(text, index);
        return !IsMark(after) && (!IsWord(after) || IsUnspaced(after) || IsUnspaced(RuneBefore(text, index)));
    }

    /// <summary>True when a word begins at <paramref name="index"/>.</summary>
    public static bool IsWordStart(ReadOnlySpan<char> text, int index)
    {
        var rune = RuneAt(text, index);
        return IsWord(rune) && !IsMark(rune) && IsBefore(text, index);
    }

    private static Rune RuneAt(ReadOnlySpan<char> text, int index)
    {
        _ = Rune.DecodeFromUtf16(text[index..], out var rune, out _);
        return rune;
    }

    private static Rune RuneBefore(ReadOnlySpan<char> text, int index)
    {
        _ = Rune.DecodeLastFromUtf16(text[..index], out var rune, out _);
        return rune;
    }

    private static bool IsWord(Rune rune) => rune.IsAscii
        ? char.IsAsciiLetterOrDigit((char)rune.Value) || rune.Value == '_'
        : Rune.IsLetter(rune) || IsMark(rune)
            || Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;

    private static bool IsMark(Rune rune) => !rune.IsAscii && Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    /// <summary>Chinese characters, kana, Thai, Lao, Myanmar and Khmer.</summary>
    private static bool IsUnspaced(Rune rune) => rune.Value
        is (>= 0x0E00 and <= 0x0EFF) or (>= 0x1000 and <= 0x109F) or (>= 0x1780 and <= 0x17FF)
        or (>= 0x2E80 and <= 0x30FF) or (>= 0x31F0 and <= 0x31FF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF)
        or (>= 0xF900 and <= 0xFAFF) or (>= 0xFF66 and <= 0xFF9F) or (>= 0x20000 and <= 0x3FFFF);
}
