using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Configuration;

namespace RankMyBrand.ServiceDefaults.Configuration;

/// <summary>Options that a service cannot start without understanding.</summary>
public static class CheckedOptionsExtensions
{
    /// <summary>
    /// Reads options from a section, strictly, and checks their data annotations when the host starts. A setting that does not exist or
    /// cannot be read, or a bad value, stops the start with a message that names its key and what was expected.
    /// </summary>
    public static OptionsBuilder<TOptions> AddCheckedOptions<TOptions>(this IServiceCollection services, string section)
        where TOptions : class
    {
        services.AddSingleton<IValidateOptions<TOptions>>(new AnnotationsValidator<TOptions>(section));
        services.AddSingleton<IConfigureOptions<TOptions>>(provider =>
            new StrictConfiguration<TOptions>(provider.GetRequiredService<IConfiguration>(), section));
        services.AddSingleton<IOptionsChangeTokenSource<TOptions>>(provider =>
            new ConfigurationChangeTokenSource<TOptions>(provider.GetRequiredService<IConfiguration>().GetSection(section)));
        return services.AddOptions<TOptions>().ValidateOnStart();
    }

    /// <summary>
    /// Says which sections there are in a section that has no settings itself. Any other one stops the start: the options that it is
    /// meant for would not see it.
    /// </summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="section">The section.</param>
    /// <param name="sections">The sections in it, by their whole names.</param>
    public static void AddCheckedSections(this IServiceCollection services, string section, params string[] sections) =>
        services.AddOptions<NoSettings>(section)
            .Configure<IConfiguration>((none, configuration) =>
                new StrictConfiguration<NoSettings>(configuration, section, sections).Configure(none))
            .ValidateOnStart();

    private sealed class NoSettings;
}
