using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Security;

/// <summary>Refuses an issuer whose tokens nobody could accept.</summary>
internal sealed class JwtIssuerOptionsValidator : IValidateOptions<JwtIssuerOptions>
{
    public ValidateOptionsResult Validate(string? name, JwtIssuerOptions options)
    {
        var failures = new List<string>();
        foreach (var (key, value) in new[] { ("Issuer", options.Issuer), ("Audience", options.Audience), ("Type", options.Type) })
        {
            if (string.IsNullOrWhiteSpace(value))
                failures.Add($"{JwtIssuerOptions.Section}:{key} is empty; it must be the text for that claim.");
        }

        if (options.MaxLifetime < TimeSpan.FromSeconds(1) || options.MaxLifetime > TimeSpan.FromDays(366))
            failures.Add($"{JwtIssuerOptions.Section}:MaxLifetime is {options.MaxLifetime}; it must be from 00:00:01 to 366.00:00:00.");
        if (options.Lifetime < TimeSpan.FromSeconds(1) || options.Lifetime > options.MaxLifetime)
        {
            failures.Add(
                $"{JwtIssuerOptions.Section}:Lifetime is {options.Lifetime}; it must be from 00:00:01 to MaxLifetime, "
                + $"{options.MaxLifetime}.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
