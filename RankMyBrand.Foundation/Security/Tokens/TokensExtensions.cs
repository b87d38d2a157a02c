using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Configuration;
using RankMyBrand.Foundation.Security;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds the validation and the issuing of JSON Web Tokens.</summary>
public static class TokensExtensions
{
    /// <summary>
    /// Adds <see cref="JwtValidator"/> and <see cref="TokenRevocations"/> with the section <c>Security:Jwt</c>. An
    /// <see cref="IJwtKeySource"/>
    /// that was added before, such as the issuer's <see cref="SigningKeyRing"/>, is used instead of the configured keys.
    /// </summary>
    public static void AddJwtValidation(this IHostApplicationBuilder builder)
    {
        builder.Services.AddStrictOptions<JwtOptions>(JwtOptions.Section);
        var needsKeys = builder.Services.All(service => service.ServiceType != typeof(IJwtKeySource));
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<JwtOptions>>(new JwtOptionsValidator(needsKeys)));
        builder.Services.TryAddSingleton(TimeProvider.System);
        // A key endpoint that sends its readers elsewhere is not the one that was configured.
        builder.Services.AddHttpClient(JwksCache.ClientName)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false });
        builder.Services.TryAddSingleton<IJwtKeySource>(services =>
            services.GetRequiredService<IOptions<JwtOptions>>().Value.JwksUri is null
                ? ActivatorUtilities.CreateInstance<StaticKeys>(services)
                : ActivatorUtilities.CreateInstance<JwksCache>(services));
        builder.Services.TryAddSingleton<ValidatedTokenCache>();
        builder.Services.TryAddSingleton<TokenRevocations>();
        builder.Services.TryAddSingleton<JwtValidator>();
    }

    /// <summary>
    /// Has the tokens that <see cref="AddJwtValidation"/> takes refused as soon as they are in the list of revocations, which all services
    /// share, on the Redis of the connection string <paramref name="connectionName"/>. The service starts and runs without Redis, too.
    /// </summary>
    /// <exception cref="InvalidOperationException"><see cref="AddJwtValidation"/> was not called before.</exception>
    public static void AddTokenRevocationList(this IHostApplicationBuilder builder, string connectionName = "redis")
    {
        if (builder.Services.Any(service => service.ServiceType == typeof(RevocationFollower)))
            return;
        if (!builder.Services.Any(service => service.ServiceType == typeof(JwtValidator)))
            throw new InvalidOperationException("AddTokenRevocationList found no validation of tokens; call AddJwtValidation before it.");
        builder.AddRedis(connectionName);
        builder.Services.AddSingleton<RevocationList>();
        builder.Services.AddSingleton<RevocationIntake>();
        builder.Services.AddSingleton<RevocationFollower>();
        builder.Services.AddHostedService<RevocationReader>();
    }

    /// <summary>
    /// Adds <see cref="TokenRevoker"/>, which revokes tokens for all services, on the Redis of the connection string
    /// <paramref name="connectionName"/>.
    /// </summary>
    public static void AddTokenRevoker(this IHostApplicationBuilder builder, string connectionName = "redis")
    {
        builder.AddRedis(connectionName);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<TokenRevoker>();
    }

    /// <summary>
    /// Adds <see cref="JwtIssuer"/> and an empty <see cref="SigningKeyRing"/> with the section <c>Security:JwtIssuer</c>. The caller keeps
    /// the keys and adds them to the ring.
    /// </summary>
    public static void AddJwtIssuer(this IHostApplicationBuilder builder)
    {
        builder.Services.AddStrictOptions<JwtIssuerOptions>(JwtIssuerOptions.Section);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<JwtIssuerOptions>, JwtIssuerOptionsValidator>());
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<SigningKeyRing>();
        builder.Services.TryAddSingleton<JwtIssuer>();
    }
}
