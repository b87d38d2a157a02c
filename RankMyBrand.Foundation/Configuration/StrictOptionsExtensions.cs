using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Configuration;

/// <summary>Adds options that are read strictly.</summary>
internal static class StrictOptionsExtensions
{
    /// <summary>
    /// Adds options of a section. The service does not start when a setting in it does not exist or cannot be read; the message names
    /// it and what was expected.
    /// </summary>
    public static OptionsBuilder<T> AddStrictOptions<T>(this IServiceCollection services, string section, params string[] otherSections)
        where T : class
    {
        services.AddSingleton<IConfigureOptions<T>>(provider =>
            new StrictConfiguration<T>(provider.GetRequiredService<IConfiguration>(), section, otherSections));
        return services.AddOptions<T>().ValidateOnStart();
    }
}
