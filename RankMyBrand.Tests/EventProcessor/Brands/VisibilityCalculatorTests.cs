using System.Text.Json;
using Microsoft.Extensions.Options;
using RankMyBrand.EventProcessor.Brands;

namespace RankMyBrand.Tests.EventProcessor.Brands;

public sealed class VisibilityCalculatorTests
{
    private static readonly VisibilityCalculator s_calculator = new(Options.Create(TestBrands.Defaults));

    // Counted with GNU grep, one text in a file: grep -o -i -w -F -- python (or C++, or cpp); -b for the positions, which are bytes
    // and equal characters here because these texts are ASCII; and wc -w on what stands before, for the words of the first line.
    [Theory]
    [InlineData(25, "Python", 0, null, null)]
    [InlineData(41, "Python", 2, 9, 3)]
    [InlineData(41, "C++", 0, null, null)]
    [InlineData(43, "C++", 4, 9, 3)]
    [InlineData(43, "Python", 0, null, null)]
    [InlineData(61, "C++", 4, 16, 4)]
    [InlineData(64, "Python", 2, 9, 3)]
    public void Calculate_SampleResponse_MatchesTheCountByHand(int line, string brand, int mentions, int? firstPosition, int? firstWord)
    {
        var visibility = s_calculator.Calculate(SampleResponses.Texts[line - 1]).Single(entry => entry.Brand == brand);

        Assert.Equal((mentions, firstPosition, firstWord), (visibility.Mentions, visibility.FirstPosition, visibility.FirstWord));
        Assert.Equal(mentions == 0 ? 0 : 1, visibility.ShareOfVoice);
    }

    // All texts, each in a file: grep -o -i -w -F -- WORD * | wc -l for the mentions, grep -l ... | wc -l for the responses; C++ is C++ (3)
    // and cpp (9). None of the other terms occurs.
    [Theory]
    [InlineData("Python", 39, 20)]
    [InlineData("C++", 12, 3)]
    [InlineData("OpenAI", 0, 0)]
    [InlineData("Google", 0, 0)]
    public void Calculate_AllSampleResponses_MatchTheCountByHand(string brand, int mentions, int responses)
    {
        var visibilities = SampleResponses.Texts.Select(text => s_calculator.Calculate(text).Single(entry => entry.Brand == brand)).ToList();

        Assert.Equal((mentions, responses), (visibilities.Sum(entry => entry.Mentions), visibilities.Count(entry => entry.Mentions > 0)));
    }

    [Fact]
    public void Calculate_HtmlMetaTags_AreNotTheCompany()
    {
        // grep -o -i -w meta finds two; both are <meta ...>.
        Assert.All(s_calculator.Calculate(SampleResponses.Texts[44]), brand => Assert.Equal(0, brand.Mentions));
    }

    [Fact]
    public void Calculate_SeveralBrands_SharesAddUpToOne()
    {
        var visibilities = s_calculator.Calculate("Claude by Anthropic, ChatGPT, and Google's Gemini; GPT-4 too.").Where(brand => brand.Mentions > 0).ToList();

        Assert.Equal(["OpenAI", "Anthropic", "Google"], visibilities.Select(brand => brand.Brand));
        Assert.Equal([2, 2, 2], visibilities.Select(brand => brand.Mentions));
        Assert.Equal([3, 0, 5], visibilities.Select(brand => brand.FirstWord));
        Assert.Equal(1, visibilities.Sum(brand => brand.ShareOfVoice), 12);
    }

    [Fact]
    public void Calculate_NoBrand_GivesEveryBrandWithZero()
    {
        var visibilities = s_calculator.Calculate("Nothing to see here.");

        Assert.Equal(DefaultBrands.All.Select(brand => brand.Name), visibilities.Select(brand => brand.Brand));
        Assert.All(visibilities, brand => Assert.Equal((0, null, null, 0.0), (brand.Mentions, brand.FirstPosition, brand.FirstWord, brand.ShareOfVoice)));
    }
}

/// <summary>Real responses, a JSON object a line.</summary>
internal static class SampleResponses
{
    /// <summary>The lines as they are published.</summary>
    public static IReadOnlyList<string> Lines { get; } = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "TestData", "ai-responses.jsonl"));

    /// <summary>The responses' texts.</summary>
    public static IReadOnlyList<string> Texts { get; } = [.. Lines.Select(line =>
    {
        using var json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("response").GetString()!;
    })];
}
