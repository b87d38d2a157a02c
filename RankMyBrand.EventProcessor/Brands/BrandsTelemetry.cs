using System.Diagnostics.Metrics;

namespace RankMyBrand.EventProcessor.Brands;

/// <summary>The metrics of the brand pipeline. Brands are few and configured, so they may be labels.</summary>
internal sealed class BrandsTelemetry
{
    public const string Name = "RankMyBrand.Brands";

    private readonly Counter<long> _responses;
    private readonly Counter<long> _mentions;
    private readonly Counter<long> _actions;

    public BrandsTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _responses = meter.CreateCounter<long>(
            "rankmybrand.brands.responses", "{response}", "Events of ai.responses, measured or skipped for want of a text.");
        _mentions = meter.CreateCounter<long>("rankmybrand.brands.mentions", "{mention}", "Mentions of brands in AI responses.");
        _actions = meter.CreateCounter<long>(
            "rankmybrand.brands.actions", "{action}", "Actions that the share of voice rule has recommended.");
    }

    public void Measured(IReadOnlyList<BrandVisibility> brands)
    {
        _responses.Add(1, new KeyValuePair<string, object?>("outcome", "measured"));
        foreach (var brand in brands)
        {
            if (brand.Mentions > 0)
                _mentions.Add(brand.Mentions, BrandTag(brand.Brand));
        }
    }

    public void Skipped() => _responses.Add(1, new KeyValuePair<string, object?>("outcome", "skipped"));

    public void Recommended(string brand) => _actions.Add(1, BrandTag(brand));

    private static KeyValuePair<string, object?> BrandTag(string brand) => new("brand", brand);
}
