using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Security;

namespace RankMyBrand.Tests.Foundation.Security.Tokens;

public sealed class JwtOptionsTests
{
    [Theory]
    [InlineData("Issuer", "", "Security:Jwt:Issuer is empty")]
    [InlineData("Audiences:0", " ", "Security:Jwt:Audiences has 1 entries")]
    [InlineData("ClockSkew", "01:00:00", "Security:Jwt:ClockSkew is 01:00:00; it must be from 00:00:00 to 00:10:00.")]
    [InlineData("ClockSkew", "-00:00:01", "Security:Jwt:ClockSkew is -00:00:01")]
    [InlineData("CacheCapacity", "0", "Security:Jwt:CacheCapacity is 0; it must be from 2 to 1000000.")]
    [InlineData("JwksMaxBytes", "1", "Security:Jwt:JwksMaxBytes is 1")]
    [InlineData("JwksMinRefreshInterval", "00:20:00", "Security:Jwt:JwksMinRefreshInterval is 00:20:00; it must be from 00:00:01 to 00:10:00.")]
    [InlineData("TenantClaim", "", "Security:Jwt:TenantClaim is empty")]
    [InlineData("Algorithms:0", "99", "'Security:Jwt:Algorithms:0' is '99'; it must be one of ES256, RS256, EdDSA (JwtAlgorithm).")]
    [InlineData("JwksUri", "https://issuer.test/jwks", "Security:Jwt needs either Jwks or JwksUri, and not both.")]
    [InlineData("Jwks", "", "Security:Jwt needs either Jwks or JwksUri, and not both.")]
    [InlineData("Jwks", "{}", "Security:Jwt:Jwks is not a JWK set: the document has no array 'keys'.")]
    [InlineData("Jwks", """{"keys":[{"kty":"oct","k":"AA"}]}""", "Security:Jwt:Jwks has no usable key (keys[0]: Private)")]
    public void Validate_BadValue_NamesKeyAndValueAndWhatIsExpected(string key, string value, string message)
    {
        var error = Assert.Throws<OptionsValidationException>(() => Options(("Jwks", JwtFixture.Jwks), (key, value)));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/jwks", "it must be an absolute http or https address")]
    [InlineData("ftp://issuer.test/jwks", "it must be an absolute http or https address")]
    [InlineData("http://issuer.test/jwks", "it must be https, or set Security:Jwt:RequireHttps to false")]
    public void Validate_BadAddress_NamesIt(string address, string message)
    {
        var error = Assert.Throws<OptionsValidationException>(() => Options(("JwksUri", address)));

        Assert.Contains($"Security:Jwt:JwksUri is '{address}'; {message}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://user:s3cret@issuer.test/jwks", "Security:Jwt:JwksUri has a user name or password, which is not sent; leave it out.")]
    [InlineData("http://issuer.test:81/jwks?apikey=s3cret", "Security:Jwt:JwksUri is 'http://issuer.test:81/jwks'; it must be https")]
    [InlineData("ftp://user:s3cret@issuer.test/jwks#s3cret", "Security:Jwt:JwksUri is 'ftp://issuer.test/jwks'; it must be an absolute")]
    [InlineData("jwks?apikey=s3cret", "Security:Jwt:JwksUri is 'jwks'; it must be an absolute")]
    public void Validate_BadAddressWithASecret_DoesNotRepeatIt(string address, string message)
    {
        var error = Assert.Throws<OptionsValidationException>(() => Options(("JwksUri", address)));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddTokenRevocationList_WithoutValidation_SaysWhatIsMissing()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();

        var error = Assert.Throws<InvalidOperationException>(() => builder.AddTokenRevocationList());

        Assert.Equal("AddTokenRevocationList found no validation of tokens; call AddJwtValidation before it.", error.Message);
    }

    [Fact]
    public void Validate_GoodSettings_AreBound()
    {
        var options = Options(
            ("JwksUri", "http://registry/jwks"), ("RequireHttps", "false"), ("Algorithms:0", "EdDSA"), ("Algorithms:1", "es256"), ("Types:0", "JWT"), ("MaxLifetime", "00:00:00"));

        Assert.Equal([JwtAlgorithm.EdDSA, JwtAlgorithm.ES256], options.AllowedAlgorithms);
        Assert.Equal(["JWT"], options.AllowedTypes);
        Assert.Equal(
            [JwtAlgorithm.ES256, JwtAlgorithm.RS256, JwtAlgorithm.EdDSA], Options(("JwksUri", "http://127.0.0.1:1/jwks")).AllowedAlgorithms);
    }

    [Fact]
    public async Task AddJwtValidation_StaticKeys_ValidatesTokens()
    {
        using var jwt = new JwtFixture();
        using var host = Host(("Jwks", JwtFixture.Jwks), ("MaxLifetime", "00:00:00"), ("Algorithms:0", "ES256"));
        var validator = host.Services.GetRequiredService<JwtValidator>();
        var token = jwt.Token(("iat", 0), ("exp", DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 600));

        Assert.Equal(JwtRefusal.None, (await validator.ValidateAsync(token, TestContext.Current.CancellationToken)).Refusal);
        Assert.Equal(
            JwtRefusal.AlgorithmNotAllowed,
            (await validator.ValidateAsync(JwtFixture.Compact("""{"alg":"RS256","kid":"rsa"}""", jwt.Claims(), jwt.SignRsa), TestContext.Current.CancellationToken)).Refusal);
    }

    [Theory]
    [InlineData("ES256", "ec", JwtRefusal.None)]
    [InlineData("RS256", "rsa", JwtRefusal.None)]
    [InlineData("EdDSA", "ed", JwtRefusal.None)]
    [InlineData("Ed25519", "ed", JwtRefusal.None)]
    [InlineData("ES256", "rsa", JwtRefusal.KeyMismatch)]
    [InlineData("ES256", "ed", JwtRefusal.KeyMismatch)]
    [InlineData("RS256", "ec", JwtRefusal.KeyMismatch)]
    [InlineData("EdDSA", "ec", JwtRefusal.KeyMismatch)]
    [InlineData("HS256", "rsa", JwtRefusal.AlgorithmNotAllowed)]
    [InlineData("PS256", "rsa", JwtRefusal.AlgorithmNotAllowed)]
    [InlineData("ES384", "ec", JwtRefusal.AlgorithmNotAllowed)]
    public async Task AddJwtValidation_NoAlgorithmsGiven_EachKeyGoesWithItsOwnAlone(string algorithm, string key, JwtRefusal expected)
    {
        using var jwt = new JwtFixture();
        jwt.Time.Advance(DateTimeOffset.UtcNow - jwt.Time.GetUtcNow());
        using var host = Host(("Jwks", JwtFixture.Jwks));
        Func<byte[], byte[]> sign = key switch { "ec" => jwt.SignEc, "rsa" => jwt.SignRsa, _ => JwtFixture.SignEd };
        var token = JwtFixture.Compact($$"""{"alg":"{{algorithm}}","kid":"{{key}}"}""", jwt.Claims(), sign);

        var validation = await host.Services.GetRequiredService<JwtValidator>().ValidateAsync(token, TestContext.Current.CancellationToken);

        Assert.Equal(expected, validation.Refusal);
    }

    [Fact]
    public async Task AddJwtValidation_BesideTheIssuer_TakesItsKeysFromTheRing()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        foreach (var (key, value) in new[] { ("JwtIssuer:Issuer", "i"), ("JwtIssuer:Audience", "a"), ("Jwt:Issuer", "i"), ("Jwt:Audiences:0", "a") })
            builder.Configuration[$"Security:{key}"] = value;
        builder.AddJwtIssuer();
        builder.Services.AddSingleton<IJwtKeySource>(services => services.GetRequiredService<SigningKeyRing>());
        builder.AddJwtValidation();
        using var host = builder.Build();
        host.Services.GetRequiredService<SigningKeyRing>().Add(SigningKey.Generate(DateTimeOffset.UtcNow.AddMinutes(-1)));

        var token = host.Services.GetRequiredService<JwtIssuer>().Issue(new TokenRequest { Subject = "service" }).Token;

        Assert.True((await host.Services.GetRequiredService<JwtValidator>().ValidateAsync(token, TestContext.Current.CancellationToken)).IsValid);
    }

    [Theory]
    [InlineData("Issuer", "", "Security:JwtIssuer:Issuer is empty")]
    [InlineData("Lifetime", "2.00:00:00", "Security:JwtIssuer:Lifetime is 2.00:00:00; it must be from 00:00:01 to MaxLifetime, 1.00:00:00.")]
    [InlineData("MaxLifetime", "00:00:00", "Security:JwtIssuer:MaxLifetime is 00:00:00")]
    public void AddJwtIssuer_BadValue_NamesKeyAndValueAndWhatIsExpected(string key, string value, string message)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration["Security:JwtIssuer:Issuer"] = "https://issuer.test";
        builder.Configuration["Security:JwtIssuer:Audience"] = "rankmybrand";
        builder.Configuration[$"Security:JwtIssuer:{key}"] = value;
        builder.AddJwtIssuer();
        using var host = builder.Build();

        var error = Assert.Throws<OptionsValidationException>(() => host.Services.GetRequiredService<IOptions<JwtIssuerOptions>>().Value);

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static JwtOptions Options(params (string Key, string Value)[] settings)
    {
        using var host = Host(settings);
        return host.Services.GetRequiredService<IOptions<JwtOptions>>().Value;
    }

    private static IHost Host(params (string Key, string Value)[] settings)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration["Security:Jwt:Issuer"] = "https://issuer.test";
        builder.Configuration["Security:Jwt:Audiences:0"] = "rankmybrand";
        foreach (var (key, value) in settings)
            builder.Configuration[$"Security:Jwt:{key}"] = value;
        builder.AddJwtValidation();
        return builder.Build();
    }
}
