using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>
/// Reads the options from the configuration, strictly: the binder by itself drops a policy with a value that it cannot read, and
/// overlooks a misspelt setting. Either would leave a limit out without a word.
/// </summary>
internal sealed class RateLimitsConfiguration(IConfiguration configuration) : IConfigureOptions<RateLimitsOptions>
{
    /// <exception cref="OptionsValidationException">A setting does not exist, or its value is of another type.</exception>
    public void Configure(RateLimitsOptions options)
    {
        var section = configuration.GetSection(RateLimitsOptions.Section);
        var unknown = Unknown(section).ToArray();
        if (unknown.Length > 0)
            throw Invalid(unknown);
        try
        {
            section.Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException e)
        {
            // The innermost message names key, value and type; those around it say that binding failed.
            Exception reason = e;
            while (reason.InnerException is InvalidOperationException inner)
                reason = inner;
            throw Invalid(reason.Message);
        }
    }

    private static IEnumerable<string> Unknown(IConfigurationSection section)
    {
        var policies = section.GetSection(nameof(RateLimitsOptions.Policies)).GetChildren().ToArray();
        var overrides = policies.SelectMany(policy => policy.GetSection(nameof(RateLimitPolicyOptions.Overrides)).GetChildren());
        return Unknown<RateLimitsOptions>([section])
            .Concat(Unknown<RateLimitPolicyOptions>(policies))
            .Concat(Unknown<RateLimitOverrideOptions>(overrides));
    }

    private static IEnumerable<string> Unknown<T>(IEnumerable<IConfigurationSection> sections)
    {
        var known = typeof(T).GetProperties().Select(property => property.Name).ToArray();
        return sections.SelectMany(section => section.GetChildren())
            .Where(child => !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            .Select(child => $"{child.Path} is not a setting; those are {string.Join(", ", known)}.");
    }

    private static OptionsValidationException Invalid(params string[] failures) =>
        new(Options.DefaultName, typeof(RateLimitsOptions), failures);
}
