using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Security;
using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Gateway.Identity;

/// <summary>Puts identity into the gateway.</summary>
internal static class IdentityExtensions
{
    private const string FrameworkAuthorization = "__AuthorizationMiddlewareSet";

    /// <summary>Adds API keys, and tokens where <c>Security:Jwt</c> is configured; comes after the Redis client.</summary>
    public static void AddIdentity(this WebApplicationBuilder builder)
    {
        builder.AddApiKeys();
        builder.Services.AddSingleton<IValidateOptions<ApiKeysOptions>, WholeConfiguration>();
        if (builder.Configuration.GetSection(JwtOptions.Section).Exists())
        {
            builder.AddJwtValidation();
            builder.AddTokenRevocationList();
        }

        builder.Services.AddHostedService<TokenSettingsWatch>();
        builder.Services.AddSingleton<Authenticator>();
        builder.Services.AddSingleton<CredentialWatch>();
        builder.Services.AddHostedService(services => services.GetRequiredService<CredentialWatch>());
        builder.Services.AddSingleton<IProxyConfigFilter, AccessRuleFilter>();
    }

    /// <summary>Asks every request who its caller is, unless its endpoint says that it is for anyone.</summary>
    public static void UseIdentity(this WebApplication app)
    {
        app.UseMiddleware<IdentityMiddleware>();
        // YARP registers the framework's own authorization, which a web application then uses by itself. No route may ask for it here.
        ((IApplicationBuilder)app).Properties[FrameworkAuthorization] = true;
    }

    /// <summary>Lets known callers through only where they may go. Comes after the identity and the rate limits.</summary>
    public static void UseAccessRules(this WebApplication app) => app.UseMiddleware<AccessMiddleware>();

    /// <summary>Lets only callers with all of these scopes call an endpoint of the gateway itself.</summary>
    public static TBuilder RequireScopes<TBuilder>(this TBuilder builder, params string[] scopes)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new AccessRule(IsAnonymous: false, scopes, []));
}
