using RankMyBrand.EventProcessor.Brands.Matching;

namespace RankMyBrand.Tests.EventProcessor.Brands;

public sealed class BrandMatcherTests
{
    private static readonly BrandMatcher s_matcher = new(
    [
        ["OpenAI", "ChatGPT", "GPT", "GPT-4"],
        ["Google", "Gemini"],
        ["Google Cloud"],
        ["C++"],
        [".NET"],
        ["Nestlé"],
        ["Großmann"],
        ["İş Bankası"],
        ["谷歌"],
        ["삼성"],
        ["ΟΣ"],
    ]);

    [Theory]
    [InlineData("Google")]
    [InlineData("google.")]
    [InlineData("(GOOGLE)")]
    [InlineData("Google's")]
    [InlineData("Google™")]
    [InlineData("**Google**")]
    [InlineData("https://google.com")]
    [InlineData("non-Google")]
    [InlineData("Google²")]
    public void Match_WholeWord_CountsItOnce(string text) => Assert.Equal([1], BrandsIn(text));

    [Theory]
    [InlineData("Googles")]
    [InlineData("ungoogle")]
    [InlineData("Google1")]
    [InlineData("my_google_app")]
    [InlineData("Googlé")]
    [InlineData("Google\u0301")]
    [InlineData("éGoogle")]
    [InlineData("e\u0301Google")]
    [InlineData("Googleж")]
    [InlineData("Google٣")]
    [InlineData("Google𝐀")]
    [InlineData("𝐀Google")]
    [InlineData("")]
    [InlineData(" ")]
    public void Match_PartOfAWord_CountsNothing(string text) => Assert.Empty(BrandsIn(text));

    [Theory]
    [InlineData("C++ and c++.", 2)]
    [InlineData("C++11", 0)]
    [InlineData("ObjectiveC++", 0)]
    [InlineData("C++ is not C", 1)]
    public void Match_TermThatEndsInSymbols_HasItsBordersAtThem(string text, int expected) => Assert.Equal(expected, BrandsIn(text).Count(brand => brand == 3));

    [Theory]
    [InlineData(".NET 10", 1)]
    [InlineData("the .net runtime", 1)]
    [InlineData("ASP.NET", 0)]
    public void Match_TermThatBeginsWithASymbol_HasItsBordersAtIt(string text, int expected) => Assert.Equal(expected, BrandsIn(text).Count(brand => brand == 4));

    [Theory]
    [InlineData("NESTLÉ")]
    [InlineData("nestle\u0301")]
    [InlineData("NESTLE\u0301")]
    public void Match_ComposedOrDecomposed_AreTheSame(string text) => Assert.Equal([5], BrandsIn(text));

    [Fact]
    public void Match_LetterWithoutItsAccent_IsAnotherWord() => Assert.Empty(BrandsIn("Nestle"));

    [Theory]
    [InlineData("GROẞMANN", 1)]
    [InlineData("großmann", 1)]
    [InlineData("GROSSMANN", 0)]
    public void Match_SharpS_MeetsItsCapitalAndNotDoubleS(string text, int expected) => Assert.Equal(expected, BrandsIn(text).Count());

    [Theory]
    [InlineData("İŞ BANKASI", 0)]
    [InlineData("İş Bankası", 1)]
    [InlineData("i\u0307ş bankası", 1)]
    [InlineData("iş bankası", 0)]
    public void Match_TurkishI_IsNotDotlessI(string text, int expected) => Assert.Equal(expected, BrandsIn(text).Count());

    [Theory]
    [InlineData("οσ")]
    [InlineData("ος")]
    public void Match_BothSmallSigmas_AreOneLetter(string text) => Assert.Equal([10], BrandsIn(text));

    [Fact]
    public void Match_KelvinSignAndLongS_AreKAndS() => Assert.Equal([0, 0], new BrandMatcher([["Kiss"]]).Match("\u212Aiss ki\u017F\u017F").Select(mention => mention.Brand));

    [Theory]
    [InlineData("GPT\u20114")]
    [InlineData("GPT\u20104")]
    public void Match_TypographicHyphen_IsAHyphen(string text) => Assert.Equal(new Mention(0, 0, 5, 0), Assert.Single(s_matcher.Match(text)));

    [Theory]
    [InlineData("Google Cloud")]
    [InlineData("Google\u00A0Cloud")]
    [InlineData("Google\n   Cloud")]
    public void Match_WhiteSpaceWithinATerm_MayBeAnyWhiteSpace(string text) =>
        Assert.Equal(new Mention(2, 0, text.Length, 0), Assert.Single(s_matcher.Match(text)));

    [Theory]
    [InlineData("我用谷歌搜索", 8)]
    [InlineData("我用Google搜索", 1)]
    [InlineData("ค้นด้วยGoogleนะ", 1)]
    public void Match_ScriptWithoutSpaces_NeedsNone(string text, int brand) => Assert.Equal([brand], BrandsIn(text));

    [Fact]
    public void Match_HangulInJamo_IsTheSyllable()
    {
        const string Decomposed = "\u1109\u1161\u11B7\u1109\u1165\u11BC";

        Assert.Equal(new Mention(9, 0, 6, 0), Assert.Single(s_matcher.Match(Decomposed)));
        Assert.Equal([9], BrandsIn("삼성"));
        Assert.Empty(BrandsIn("삼성동"));
    }

    [Fact]
    public void Match_TermsThatBeginTogether_CountsTheLongest() =>
        Assert.Equal([2, 1, 0, 0], BrandsIn("Google Cloud, Google Clouds, GPT-4 and GPT-3"));

    [Fact]
    public void Match_TermsThatOverlap_CountsTheFirst()
    {
        var matcher = new BrandMatcher([["New York"], ["York Times"]]);

        Assert.Equal([0], matcher.Match("New York Times").Select(mention => mention.Brand));
        Assert.Equal([1], matcher.Match("the York Times").Select(mention => mention.Brand));
    }

    [Fact]
    public void Match_LongerTermThatDoesNotEndAtABorder_CountsTheShorter() => Assert.Equal([0], BrandsIn("GPT-4o"));

    [Fact]
    public void Match_AliasAndName_CountForOneBrand() => Assert.Equal([0, 0, 0], BrandsIn("OpenAI's ChatGPT runs GPT-4"));

    [Fact]
    public void Match_Positions_AreThoseOfTheOriginalText()
    {
        const string Text = "😀 I like  e\u0301clairs,\r\n ChatGPT\u00A0and Gemini.";

        var mentions = s_matcher.Match(Text);

        Assert.Equal([new Mention(0, Text.IndexOf("ChatGPT", StringComparison.Ordinal), 7, 3), new Mention(1, Text.IndexOf("Gemini", StringComparison.Ordinal), 6, 5)], mentions);
    }

    [Fact]
    public void Match_UnpairedSurrogate_IsReadOver() => Assert.Equal([1, 1], BrandsIn("Google \uD800 Google\uDC00"));

    [Fact]
    public void Match_ManyPartialMatches_TakesTimeInProportion()
    {
        // Every place costs at most the length of the longest term, however long the text is.
        var matcher = new BrandMatcher([[string.Concat(Enumerable.Repeat("a ", 40)) + "b"]]);

        Assert.Empty(matcher.Match(string.Concat(Enumerable.Repeat("a ", 250_000))));
    }

    [Fact]
    public void Match_MarksInTheWrongOrder_TakesTimeInProportion()
    {
        const int Many = 250_000;

        Assert.Empty(BrandsIn($"Google{new string('\u036F', Many)}{new string('\u0300', Many)}"));
    }

    [Fact]
    public void Constructor_TermOfTwoBrands_Throws()
    {
        var error = Assert.Throws<ArgumentException>(() => new BrandMatcher([["Google"], ["GOOGLE"]]));

        Assert.Contains("GOOGLE", error.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<int> BrandsIn(string text) => s_matcher.Match(text).Select(mention => mention.Brand);
}
