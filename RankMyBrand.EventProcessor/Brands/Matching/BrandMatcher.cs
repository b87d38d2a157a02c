namespace RankMyBrand.EventProcessor.Brands.Matching;

/// <summary>
/// Finds brands in a text: whole words, whatever their case, in one pass for all names and aliases. Mentions do not overlap; where
/// several terms begin at the same place the longest counts, and reading goes on behind it. The same text always gives the same mentions.
/// </summary>
internal sealed class BrandMatcher
{
    private readonly Node _root = new();

    /// <param name="brands">The terms (name and aliases) of each brand; a mention tells the brand by its place in this list.</param>
    /// <exception cref="ArgumentException">Two brands share a term, or a term has no character.</exception>
    public BrandMatcher(IReadOnlyList<IReadOnlyList<string>> brands)
    {
        for (var brand = 0; brand < brands.Count; brand++)
        {
            foreach (var term in brands[brand])
                Add(term, brand);
        }
    }

    /// <summary>The form in which terms are compared: two terms with the same form find the same mentions.</summary>
    public static string Fold(string term) => FoldedText.Of(term.Trim()).Characters.ToString();

    /// <summary>The mentions in a text, from its beginning to its end.</summary>
    public IReadOnlyList<Mention> Match(string text)
    {
        var folded = FoldedText.Of(text);
        var characters = folded.Characters;
        var mentions = new List<Mention>();
        var (word, resumeAt) = (0, 0);
        for (var i = 0; i < characters.Length; i++)
        {
            if (i >= resumeAt && LongestAt(characters, i) is { } found)
            {
                var position = folded.SourceOf(i);
                mentions.Add(new Mention(found.Brand, position, folded.SourceOf(found.End) - position, word));
                resumeAt = found.End;
            }

            if (WordBoundary.IsWordStart(characters, i))
                word++;
        }

        return mentions;
    }

    private (int Brand, int End)? LongestAt(ReadOnlySpan<char> text, int start)
    {
        if (!_root.Next.TryGetValue(text[start], out var node) || !WordBoundary.IsBefore(text, start))
            return null;
        (int, int)? longest = null;
        for (var end = start + 1; ; end++)
        {
            if (node.Brand is { } brand && WordBoundary.IsAfter(text, end))
                longest = (brand, end);
            if (end == text.Length || !node.Next.TryGetValue(text[end], out node))
                return longest;
        }
    }

    private void Add(string term, int brand)
    {
        var node = _root;
        foreach (var c in Fold(term))
        {
            if (!node.Next.TryGetValue(c, out var next))
                node.Next.Add(c, next = new Node());
            node = next;
        }

        if (node == _root || (node.Brand ?? brand) != brand)
            throw new ArgumentException($"The term '{term}' is empty or belongs to two brands.", nameof(term));
        node.Brand = brand;
    }

    private sealed class Node
    {
        public Dictionary<char, Node> Next { get; } = [];

        public int? Brand { get; set; }
    }
}
