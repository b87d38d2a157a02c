using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Configuration;
using RankMyBrand.Foundation.Security;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds who may call.</summary>
public static class SecurityExtensions
{
    /// <summary>Adds <see cref="ApiKeyRing"/> with the keys of the section <c>Security:ApiKeys</c>.</summary>
    public static void AddApiKeys(this IHostApplicationBuilder builder)
    {
        builder.Services.AddStrictOptions<ApiKeysOptions>(ApiKeysOptions.Section, JwtOptions.Section, JwtIssuerOptions.Section);
        builder.Services.AddSingleton<IValidateOptions<ApiKeysOptions>, ApiKeysOptionsValidator>();
        builder.Services.AddSingleton<ApiKeyRing>();
    }
}
