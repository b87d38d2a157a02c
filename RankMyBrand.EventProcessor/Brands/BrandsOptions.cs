namespace RankMyBrand.EventProcessor.Brands;

/// <summary>Which brands are looked for in AI responses, and when one is mentioned too little; section <c>Brands</c>.</summary>
internal sealed class BrandsOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Brands";

    /// <summary>The brands. Configured ones replace <see cref="DefaultBrands"/>, which are used when there are none.</summary>
    public IList<BrandOptions> Tracked { get; } = [];

    /// <summary>When an action is recommended.</summary>
    public ShareRuleOptions Rule { get; } = new();
}

/// <summary>One brand.</summary>
internal sealed class BrandOptions
{
    /// <summary>What it is called in events, tables and the API; also looked for in texts.</summary>
    public string Name { get; set; } = "";

    /// <summary>Other terms that mean the brand: products, spellings, former names.</summary>
    public IList<string> Aliases { get; init; } = [];

    /// <summary>Overrides <see cref="ShareRuleOptions.MinShareOfVoice"/> for this brand; 0 exempts it from the rule.</summary>
    public double? MinShareOfVoice { get; set; }
}

/// <summary>The rule: a share of voice below a minimum, over a window of time, asks for an action.</summary>
internal sealed class ShareRuleOptions
{
    /// <summary>The share of voice, from 0 to 1, below which an action is recommended; 0 turns the rule off.</summary>
    public double MinShareOfVoice { get; set; } = 0.05;

    /// <summary>
    /// How long a window is, in whole minutes. Windows are aligned to UTC: with an hour they begin on the hour.
    /// </summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How many responses that mention any brand a window must hold before the rule judges it.</summary>
    public int MinResponses { get; set; } = 20;

    /// <summary>How long after the start of a window with an action the brand gets no other one; at least the window itself.</summary>
    public TimeSpan CoolDown { get; set; } = TimeSpan.FromDays(1);
}
