using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// Reads the keys from the configuration, strictly: the binder by itself overlooks a misspelt setting, and a key whose networks or
/// expiry were left out without a word would open more than it should.
/// </summary>
internal sealed class ApiKeysConfiguration(IConfiguration configuration) : IConfigureOptions<ApiKeysOptions>
{
    private static readonly string[] s_settings = [.. typeof(ApiKeyOptions).GetProperties().Select(property => property.Name)];

    /// <exception cref="OptionsValidationException">A setting does not exist, or its value is of another type.</exception>
    public void Configure(ApiKeysOptions options)
    {
        foreach (var section in configuration.GetSection($"{ApiKeysOptions.Section}:{nameof(ApiKeysOptions.ApiKeys)}").GetChildren())
        {
            var unknown = section.GetChildren().FirstOrDefault(child => !s_settings.Contains(child.Key, StringComparer.OrdinalIgnoreCase));
            if (unknown is not null)
                throw Invalid($"{unknown.Path} is not a setting; those are {string.Join(", ", s_settings)}.");
            options.ApiKeys[section.Key] = Read(section);
        }
    }

    private static ApiKeyOptions Read(IConfigurationSection section)
    {
        try
        {
            var key = new ApiKeyOptions();
            section.Bind(key, binder => binder.ErrorOnUnknownConfiguration = true);
            return key;
        }
        catch (InvalidOperationException e)
        {
            // The innermost message names what is wrong; those around it say that binding failed.
            Exception reason = e;
            while (reason.InnerException is InvalidOperationException inner)
                reason = inner;
            throw Invalid($"{section.Path}: {reason.Message}");
        }
    }

    private static OptionsValidationException Invalid(string failure) => new(Options.DefaultName, typeof(ApiKeysOptions), [failure]);
}
