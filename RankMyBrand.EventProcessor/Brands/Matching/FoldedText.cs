using System.Globalization;
using System.Text;

namespace RankMyBrand.EventProcessor.Brands.Matching;

/// <summary>
/// A text in the form in which it is compared, every character with its place in the original. Equal in this form are texts that are
/// canonically equivalent (NFC or NFD), that differ in case (Unicode's simple case folding), in the width of white space, or in the
/// typographic variant of a hyphen or an apostrophe, which assistants mix freely.
/// </summary>
internal sealed class FoldedText
{
    private char[] _characters;
    private int[] _sources;
    private int _length;

    private FoldedText(string text)
    {
        (_characters, _sources) = (new char[text.Length], new int[text.Length]);
        OriginalLength = text.Length;
        for (var i = 0; i < text.Length;)
        {
            if (char.IsAscii(text[i]))
            {
                AppendAscii(text[i], i);
                i++;
            }
            else if (Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var consumed) is System.Buffers.OperationStatus.Done)
            {
                Append(rune, i);
                i += consumed;
            }
            else
            {
                // Half a surrogate pair is no character, but it must not stop the text around it from being read.
                Append(text[i], i);
                i++;
            }
        }

        SortMarks();
    }

    /// <summary>The folded characters.</summary>
    public ReadOnlySpan<char> Characters => _characters.AsSpan(0, _length);

    private int OriginalLength { get; }

    public static FoldedText Of(string text) => new(text);

    /// <summary>Where a folded character, or the end of the text, stands in the original.</summary>
    public int SourceOf(int index) => index == _length ? OriginalLength : _sources[index];

    private void AppendAscii(char c, int source)
    {
        if (c is ' ' or (>= '\t' and <= '\r'))
            AppendSpace(source);
        else
            Append(char.ToLowerInvariant(c), source);
    }

    private void Append(Rune rune, int source)
    {
        switch (rune.Value)
        {
            case 0x2010 or 0x2011:
                Append('-', source);
                return;
            case 0x2019 or 0x02BC:
                Append('\'', source);
                return;
        }

        if (Rune.IsWhiteSpace(rune))
        {
            AppendSpace(source);
        }
        else if (rune.IsBmp && CanonicalDecomposition.Of((char)rune.Value) is { } decomposition)
        {
            foreach (var part in decomposition)
                AppendFolded(new Rune(part), source);
        }
        else
        {
            AppendFolded(rune, source);
        }
    }

    private void AppendFolded(Rune rune, int source)
    {
        Span<char> utf16 = stackalloc char[2];
        var count = Fold(rune).EncodeToUtf16(utf16);
        for (var i = 0; i < count; i++)
            Append(utf16[i], source);
    }

    /// <summary>
    /// Simple case folding. Through upper case and back, so that the two small sigmas meet; the long s is folded here because invariant
    /// casing leaves it alone, and the Turkish letters (İ, ı) stay distinct from i, as simple folding has it.
    /// </summary>
    private static Rune Fold(Rune rune) =>
        rune.Value == 0x017F ? new Rune('s') : Rune.ToLowerInvariant(Rune.ToUpperInvariant(rune));

    /// <summary>
    /// Marks of one letter may stand in any order and mean the same. Ordering them by code point instead of by combining class is
    /// enough to make equivalent sequences equal. It is done when all of them are there: a text may be nothing but marks.
    /// </summary>
    private void SortMarks()
    {
        var first = _length;
        while (first > 0 && IsMark(_characters[first - 1]))
            first--;
        if (_length - first > 1)
            Array.Sort(_characters, _sources, first, _length - first);
    }

    private static bool IsMark(char c) => c >= '\u0300' && char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark;

    private void AppendSpace(int source)
    {
        if (_length == 0 || _characters[_length - 1] != ' ')
            Append(' ', source);
    }

    private void Append(char c, int source)
    {
        if (!IsMark(c))
            SortMarks();
        if (_length == _characters.Length)
        {
            var larger = Math.Max(16, _length * 2);
            Array.Resize(ref _characters, larger);
            Array.Resize(ref _sources, larger);
        }

        (_characters[_length], _sources[_length]) = (c, source);
        _length++;
    }
}
