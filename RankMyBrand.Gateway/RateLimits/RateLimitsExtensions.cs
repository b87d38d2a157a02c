using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.ServiceDefaults.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Gateway.RateLimits;

/// <summary>Puts rate limits into the gateway.</summary>
internal static class RateLimitsExtensions
{
    /// <summary>Adds the limits of the section <c>RateLimits</c>, kept in the gateway's Redis.</summary>
    public static void AddRateLimits(this WebApplicationBuilder builder)
    {
        builder.AddRateLimiting();
        builder.Services.AddCheckedOptions<EdgeLimitsOptions>(EdgeLimitsOptions.Section);
        builder.Services.AddSingleton<CredentialGuard>();
        builder.Services.AddSingleton<IPostConfigureOptions<RateLimitsOptions>, KeyOverrides>();
        builder.Services.AddSingleton<IValidateOptions<RateLimitsOptions>, DefaultPoliciesCheck>();
        builder.Services.AddSingleton<IConfigChangeListener, PoliciesInUse>();
        builder.Services.AddSingleton<IProxyConfigFilter, RouteLimitsFilter>();
    }

    /// <summary>Charges every request to the limits of its route. Comes after the identity, which limits may count by.</summary>
    public static void UseRateLimits(this WebApplication app) => app.UseMiddleware<RateLimitMiddleware>();
}
