using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Benchmarks.Running;
using RankMyBrand.Foundation.Security;

namespace RankMyBrand.Benchmarks.Gateway;

/// <summary>How many JSON Web Tokens one core validates: tokens that were seen before, and tokens that were not.</summary>
internal sealed class TokenValidation : Benchmark
{
    private const int Known = 1000;

    public override string Suite => "gateway";

    public override int Order => 50;

    public override async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["Security:JwtIssuer:Issuer"] = builder.Configuration["Security:Jwt:Issuer"] = "https://issuer.example";
        builder.Configuration["Security:JwtIssuer:Audience"] = builder.Configuration["Security:Jwt:Audiences:0"] = "bench";
        builder.AddJwtIssuer();
        builder.Services.AddSingleton<IJwtKeySource>(services => services.GetRequiredService<SigningKeyRing>());
        builder.AddJwtValidation();
        using var host = builder.Build();
        using var key = SigningKey.Generate(DateTimeOffset.UnixEpoch);
        host.Services.GetRequiredService<SigningKeyRing>().Add(key);
        var validator = host.Services.GetRequiredService<JwtValidator>();

        var known = Issue(host.Services.GetRequiredService<JwtIssuer>(), Known);
        var cached = await run.MeasureAsync(stop => ValidateAsync(validator, known, run.Amount(1_000_000), stop), cancellationToken);
        var uncached = await run.MeasureAsync(
            stop =>
            {
                var fresh = Issue(host.Services.GetRequiredService<JwtIssuer>(), run.Amount(10_000));
                return ValidateAsync(validator, fresh, fresh.Length, stop);
            },
            cancellationToken);
        return
        [
            Figure.AtLeast(
                "token validation, cached",
                "tokens/s",
                cached,
                30_000,
                $"ES256, one thread, {Known} tokens in turn; expiry and revocation are checked each time"),
            Figure.Plain("token validation, first sight", "tokens/s", uncached, "ES256, one thread, every token a new one"),
        ];
    }

    private static string[] Issue(JwtIssuer issuer, int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => issuer.Issue(new TokenRequest
        {
            Subject = string.Create(CultureInfo.InvariantCulture, $"user-{i}-{Guid.NewGuid():N}"),
            Tenant = "bench",
            Scopes = ["events:read", "events:write"],
        }).Token),
    ];

    private static async Task<double> ValidateAsync(JwtValidator validator, string[] tokens, int count, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            var validation = await validator.ValidateAsync(tokens[i % tokens.Length], cancellationToken);
            if (!validation.IsValid)
                throw new InvalidOperationException($"A good token was refused: {validation.Refusal}.");
        }

        return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
