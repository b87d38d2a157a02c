using Microsoft.Extensions.Options;
using RankMyBrand.EventProcessor.Brands.Matching;

namespace RankMyBrand.EventProcessor.Brands;

/// <summary>Finds every mistake in the section <c>Brands</c>, so that one start shows them all.</summary>
internal sealed class BrandsOptionsValidator : IValidateOptions<BrandsOptions>
{
    private const int MaxTermLength = 100;

    public ValidateOptionsResult Validate(string? name, BrandsOptions options)
    {
        List<string> failures = [.. ValidateRule(options.Rule)];
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < options.Tracked.Count; i++)
            failures.AddRange(ValidateBrand($"{BrandsOptions.Section}:Tracked:{i}", options.Tracked[i], owners));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> ValidateBrand(string key, BrandOptions brand, Dictionary<string, string> owners)
    {
        if (brand.MinShareOfVoice is { } share && share is not (>= 0 and <= 1))
            yield return $"{key}:MinShareOfVoice is {share}; it must be a share from 0 to 1.";

        List<(string Key, string Term)> terms =
            [($"{key}:Name", brand.Name), .. brand.Aliases.Select((alias, i) => ($"{key}:Aliases:{i}", alias))];
        foreach (var (termKey, term) in terms)
        {
            var folded = BrandMatcher.Fold(term);
            if (!folded.Any(char.IsLetterOrDigit))
                yield return $"{termKey} is '{term}'; it must have a letter or a digit.";
            else if (term.Length > MaxTermLength)
                yield return $"{termKey} has {term.Length} characters; it must have at most {MaxTermLength}.";
            else if (!owners.TryAdd(folded, termKey))
                yield return $"{termKey} is '{term}', which {owners[folded]} is already (case does not matter); each term must stand once.";
        }
    }

    private static IEnumerable<string> ValidateRule(ShareRuleOptions rule)
    {
        const string Key = $"{BrandsOptions.Section}:Rule";
        if (rule.MinShareOfVoice is not (>= 0 and <= 1))
            yield return $"{Key}:MinShareOfVoice is {rule.MinShareOfVoice}; it must be a share from 0 to 1 (0 turns the rule off).";
        if (rule.MinResponses is < 1 or > 1_000_000)
            yield return $"{Key}:MinResponses is {rule.MinResponses}; it must be from 1 to 1000000 responses.";
        if (rule.Window < TimeSpan.FromMinutes(1)
            || rule.Window > TimeSpan.FromDays(31)
            || rule.Window.Ticks % TimeSpan.TicksPerMinute != 0)
            yield return $"{Key}:Window is {rule.Window}; it must be whole minutes from 00:01:00 to 31.00:00:00.";
        if (rule.CoolDown < rule.Window || rule.CoolDown > TimeSpan.FromDays(366))
            yield return $"{Key}:CoolDown is {rule.CoolDown}; it must be from {Key}:Window ({rule.Window}) to 366.00:00:00.";
    }
}
