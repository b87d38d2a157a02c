using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace RankMyBrand.ServiceDefaults.Configuration;

/// <summary>Options that a service cannot start without understanding.</summary>
public static class CheckedOptionsExtensions
{
    /// <summary>
    /// Binds options to a section and checks their data annotations when the host starts.
    /// A bad value stops the start with a message that names its key and what was expected.
    /// </summary>
    public static OptionsBuilder<TOptions> AddCheckedOptions<TOptions>(this IServiceCollection services, string section)
        where TOptions : class
    {
        services.AddSingleton<IValidateOptions<TOptions>>(new AnnotationsValidator<TOptions>(section));
        return services.AddOptions<TOptions>().BindConfiguration(section).ValidateOnStart();
    }
}
