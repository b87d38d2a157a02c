using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RankMyBrand.Foundation.Security;
using RankMyBrand.Tests.Foundation.RateLimiting;

namespace RankMyBrand.Tests.Foundation.Security.Tokens.Revocation;

/// <summary>A service that validates tokens and follows the list of revocations, with a connection of its own.</summary>
internal sealed class ValidatingService : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly JwtFixture _jwt;

    private ValidatingService(IHost host, JwtFixture jwt, LogRecorder log) => (_host, _jwt, Log) = (host, jwt, log);

    public LogRecorder Log { get; }

    /// <summary>How many revocations are in force.</summary>
    public int Count => _host.Services.GetRequiredService<TokenRevocations>().Count;

    public static Task<ValidatingService> StartAsync(string redis, JwtFixture jwt, params (string Key, string Value)[] settings) =>
        StartAsync(redis, jwt, TimeProvider.System, settings);

    public static async Task<ValidatingService> StartAsync(
        string redis, JwtFixture jwt, TimeProvider time, params (string Key, string Value)[] settings)
    {
        var log = new LogRecorder();
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:redis"] = $"{redis},abortConnect=false,connectTimeout=2000",
            ["Security:Jwt:Issuer"] = "https://issuer.test",
            ["Security:Jwt:Audiences:0"] = "rankmybrand",
            ["Security:Jwt:Jwks"] = JwtFixture.Jwks,
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        builder.Logging.AddProvider(log);
        builder.Services.AddSingleton(time);
        builder.AddJwtValidation();
        builder.AddTokenRevocationList();
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new ValidatingService(host, jwt, log);
    }

    /// <summary>What becomes of a token with such an id, subject and time of issue.</summary>
    public async Task<JwtRefusal> ValidateAsync(string id, string subject = "somebody", DateTimeOffset? issuedAt = null)
    {
        var issued = (issuedAt ?? DateTimeOffset.UtcNow).ToUnixTimeSeconds();
        var token = _jwt.Token(("jti", id), ("sub", subject), ("iat", issued), ("exp", DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 600));
        var validator = _host.Services.GetRequiredService<JwtValidator>();
        return (await validator.ValidateAsync(token, TestContext.Current.CancellationToken)).Refusal;
    }

    public async Task<bool> IsRefusedAsync(string id, string subject = "somebody", DateTimeOffset? issuedAt = null) =>
        await ValidateAsync(id, subject, issuedAt) == JwtRefusal.Revoked;

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
