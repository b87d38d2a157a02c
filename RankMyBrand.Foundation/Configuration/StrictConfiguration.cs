using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Configuration;

/// <summary>Reads options from the configuration, strictly; see <see cref="StrictSection"/>.</summary>
/// <param name="configuration">The configuration.</param>
/// <param name="section">The section of the options.</param>
/// <param name="otherSections">Sections within it that are options of their own, by their whole names.</param>
internal sealed class StrictConfiguration<T>(
    IConfiguration configuration, string section, params string[] otherSections) : IConfigureOptions<T>
    where T : class
{
    /// <exception cref="OptionsValidationException">Settings do not exist or have a value of another type; each is named.</exception>
    public void Configure(T options)
    {
        var own = configuration.GetSection(section);
        var faults = StrictSection.FaultsOf(own, typeof(T), otherSections).ToArray();
        if (faults.Length > 0)
            throw new OptionsValidationException(Options.DefaultName, typeof(T), faults);
        own.Bind(options);
    }
}
