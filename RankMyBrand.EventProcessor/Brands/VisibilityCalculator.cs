using Microsoft.Extensions.Options;
using RankMyBrand.EventProcessor.Brands.Matching;

namespace RankMyBrand.EventProcessor.Brands;

/// <summary>Measures the tracked brands in a text. Pure: the result depends on the text and the configuration alone.</summary>
internal sealed class VisibilityCalculator
{
    private readonly BrandMatcher _matcher;
    private readonly string[] _names;

    public VisibilityCalculator(IOptions<BrandsOptions> options)
    {
        var brands = options.Value.Tracked;
        _names = [.. brands.Select(brand => brand.Name)];
        _matcher = new BrandMatcher([.. brands.Select(IReadOnlyList<string> (brand) => [brand.Name, .. brand.Aliases])]);
    }

    /// <summary>One entry for each tracked brand, in the order of the configuration.</summary>
    public IReadOnlyList<BrandVisibility> Calculate(string text)
    {
        var mentions = _matcher.Match(text);
        var counts = new int[_names.Length];
        var firsts = new Mention?[_names.Length];
        foreach (var mention in mentions)
        {
            counts[mention.Brand]++;
            firsts[mention.Brand] ??= mention;
        }

        return [.. _names.Select((name, i) => new BrandVisibility(
            name, counts[i], firsts[i]?.Position, firsts[i]?.Word, mentions.Count == 0 ? 0 : (double)counts[i] / mentions.Count))];
    }
}
