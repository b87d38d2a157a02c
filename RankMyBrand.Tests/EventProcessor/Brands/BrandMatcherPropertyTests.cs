using System.Text;
using System.Text.RegularExpressions;
using RankMyBrand.EventProcessor.Brands.Matching;

namespace RankMyBrand.Tests.EventProcessor.Brands;

/// <summary>Properties that hold for every text, tried on texts that are put together at random from pieces that matter.</summary>
public sealed class BrandMatcherPropertyTests
{
    private const int Cases = 5_000;

    private static readonly string[][] s_brands =
    [
        ["OpenAI", "ChatGPT", "GPT", "GPT-4", "GPT-4 Turbo"],
        ["Google", "Google Cloud", "Cloud Run"],
        ["C++", "C"],
        ["Nestlé", "Việt"],
        ["삼성", "谷歌"],
    ];

    private static readonly string[] s_asciiPieces =
    [
        .. s_brands.Take(3).SelectMany(terms => terms), "openai", "GOOGLE", "cloud", "run", "turbo", "+", "-4", " ", " ", " ", "  ", "\n", ".", ",", "_", "x", "7", "'s",
    ];

    private static readonly string[] s_pieces =
    [
        .. s_asciiPieces, .. s_brands.Skip(3).SelectMany(terms => terms), "NESTLÉ", "\u0301", "\u0323\u0302", "é", "ệ", "搜", "동", "\u11BC", "😀", "𝐀", "\uD800", "\u00A0", "ß", "İ", "ſ", "\u2011",
    ];

    private static readonly BrandMatcher s_matcher = new(s_brands);

    [Fact]
    public void Match_AsciiText_AgreesWithRegularExpressions()
    {
        // The longest term first, and no word character (\w) on either side: the same rule in other words.
        var terms = s_brands.SelectMany((brand, i) => brand.Select(term => (Term: term, Brand: i))).OrderByDescending(term => term.Term.Length).ToList();
        var pattern = string.Join('|', terms.Select(term => Regex.Escape(term.Term).Replace("\\ ", "\\s+", StringComparison.Ordinal)));
        var regex = new Regex($@"(?<!\w)(?:{pattern})(?!\w)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(10));
        foreach (var text in Texts(s_asciiPieces))
        {
            var expected = regex.Matches(text).Select(match => (match.Index, match.Length, BrandOf(match.Value)));

            Assert.Equal(expected, s_matcher.Match(text).Select(mention => (mention.Position, mention.Length, mention.Brand)));
        }
    }

    [Fact]
    public void Match_AnyText_GivesTermsOfTheirBrandsInOrderWithoutOverlap()
    {
        foreach (var text in Texts(s_pieces))
        {
            var (end, word) = (0, 0);
            foreach (var mention in s_matcher.Match(text))
            {
                Assert.InRange(mention.Position, end, text.Length - mention.Length);
                Assert.InRange(mention.Word, word, text.Length);
                Assert.Contains(
                    BrandMatcher.Fold(text.Substring(mention.Position, mention.Length)), s_brands[mention.Brand].Select(BrandMatcher.Fold));
                (end, word) = (mention.Position + mention.Length, mention.Word);
            }
        }
    }

    [Fact]
    public void Match_DecomposedText_GivesTheSameMentions()
    {
        foreach (var text in Texts(s_pieces))
            Assert.Equal(Outline(s_matcher.Match(text)), Outline(s_matcher.Match(Decompose(text))));
    }

    [Fact]
    public void Match_TextTwice_GivesTheSameMentionsTwice()
    {
        // Something that is in no term, or one could begin in the first text and end in the second.
        const string Separator = "\n|\n";
        foreach (var text in Texts(s_pieces))
        {
            var once = s_matcher.Match(text);

            var twice = s_matcher.Match(text + Separator + text);

            Assert.Equal(2 * once.Count, twice.Count);
            Assert.Equal(once, twice.Take(once.Count));
            Assert.Equal(
                once.Select(mention => (mention.Brand, mention.Position + text.Length + Separator.Length, mention.Length)),
                twice.Skip(once.Count).Select(mention => (mention.Brand, mention.Position, mention.Length)));
        }
    }

    private static int BrandOf(string value) =>
        Array.FindIndex(s_brands, terms => terms.Select(BrandMatcher.Fold).Contains(BrandMatcher.Fold(value), StringComparer.Ordinal));

    private static IEnumerable<(int Brand, int Word)> Outline(IEnumerable<Mention> mentions) => mentions.Select(mention => (mention.Brand, mention.Word));

    private static string Decompose(string text)
    {
        var decomposed = new StringBuilder();
        foreach (var c in text)
            decomposed.Append(CanonicalDecomposition.Of(c) ?? c.ToString());
        return decomposed.ToString();
    }

    private static IEnumerable<string> Texts(string[] pieces)
    {
        // A fixed seed: a failure today is a failure tomorrow.
        var random = new Random(20261121);
        for (var i = 0; i < Cases; i++)
            yield return string.Concat(random.GetItems(pieces, random.Next(1, 25)));
    }
}
