using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Security;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Security.Tokens;

public sealed class JwtIssuerTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly IOptions<JwtIssuerOptions> _options = Options.Create(new JwtIssuerOptions { Issuer = "https://issuer.test", Audience = "rankmybrand" });

    [Fact]
    public async Task Issue_FullRequest_IsAcceptedWithItsContent()
    {
        var (ring, issuer, validator) = New();
        ring.Add(SigningKey.Generate(_time.GetUtcNow()));

        var issued = issuer.Issue(new TokenRequest
        {
            Subject = "user-ü \"1\"",
            Tenant = "acme",
            Scopes = ["events:read", "events:write"],
            Roles = ["admin", "head of things"],
            Lifetime = TimeSpan.FromMinutes(5),
        });

        var token = (await validator.ValidateAsync(issued.Token, TestContext.Current.CancellationToken)).Token!;
        Assert.Equal(("user-ü \"1\"", "acme", issued.Id), (token.Subject, token.Tenant, token.Id));
        Assert.Equal(["events:read", "events:write"], token.Scopes);
        Assert.Equal(["admin", "head of things"], token.Roles);
        Assert.Equal((_time.GetUtcNow(), _time.GetUtcNow().AddMinutes(5)), (token.IssuedAt!.Value, token.ExpiresAt));
        Assert.Equal(issued.ExpiresAt, token.ExpiresAt);
    }

    [Fact]
    public async Task Issue_ForAnotherAudience_IsRefusedHere()
    {
        var (ring, issuer, validator) = New();
        ring.Add(SigningKey.Generate(_time.GetUtcNow()));

        var issued = issuer.Issue(new TokenRequest { Subject = "user-1", Audience = "another" });

        Assert.Equal(JwtRefusal.WrongAudience, (await validator.ValidateAsync(issued.Token, TestContext.Current.CancellationToken)).Refusal);
    }

    [Fact]
    public void Issue_ByManyThreads_GivesDifferentTokens()
    {
        var (ring, issuer, _) = New();
        ring.Add(SigningKey.Generate(_time.GetUtcNow()));

        var tokens = Enumerable.Range(0, 400).AsParallel().Select(_ => issuer.Issue(new TokenRequest { Subject = "user-1" })).ToList();

        Assert.Equal(400, tokens.Select(token => token.Id).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Issue_RequestThatNoValidatorWouldAccept_Throws()
    {
        var (ring, issuer, _) = New();
        Assert.Throws<InvalidOperationException>(() => issuer.Issue(new TokenRequest { Subject = "user-1" }));
        ring.Add(SigningKey.Generate(_time.GetUtcNow()));

        foreach (var request in new TokenRequest[]
        {
            new() { Subject = "" },
            new() { Subject = "a\nb" },
            new() { Subject = "a", Tenant = "a b" },
            new() { Subject = "a", Tenant = "" },
            new() { Subject = "a", Scopes = ["a b"] },
            new() { Subject = "a", Scopes = [""] },
            new() { Subject = "a", Lifetime = TimeSpan.Zero },
            new() { Subject = "a", Lifetime = TimeSpan.FromHours(25) },
            new() { Subject = "a", Roles = [new string('r', 8000)] },
            new() { Subject = "a", Roles = [""] },
            new() { Subject = "a", Roles = ["a\nb"] },
            new() { Subject = "a", Scopes = ["a\tb"] },
            new() { Subject = "a", Audience = "" },
            new() { Subject = "a\ud800" },
            new() { Subject = "\ud800a" },
            new() { Subject = "\udc00\ud800" },
        })
        {
            Assert.Throws<ArgumentException>(() => issuer.Issue(request));
        }
    }

    [Fact]
    public void Issue_TextThatNoValidatorWouldAccept_NamesIt()
    {
        var (ring, issuer, _) = New();
        ring.Add(SigningKey.Generate(_time.GetUtcNow()));

        var error = Assert.Throws<ArgumentException>(() => issuer.Issue(new TokenRequest { Subject = "a", Roles = ["admin", "a\nb"] }));

        Assert.StartsWith(
            "The role has 3 characters; it must have 1 to 2048, and no control characters or halves of others.",
            error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Issue_LettersBeyondTheBasicPlane_AreTaken()
    {
        var (ring, issuer, validator) = New();
        ring.Add(SigningKey.Generate(_time.GetUtcNow()));

        var issued = issuer.Issue(new TokenRequest { Subject = "a😀b😀" });

        Assert.Equal("a😀b😀", (await validator.ValidateAsync(issued.Token, TestContext.Current.CancellationToken)).Token!.Subject);
    }

    [Fact]
    public void ToJwks_TwoKeys_HasTheirPublicHalvesAndNoPrivateOne()
    {
        var (ring, _, _) = New();
        ring.Add(SigningKey.Generate(_time.GetUtcNow()));
        ring.Add(SigningKey.Generate(_time.GetUtcNow().AddMinutes(20)));

        Assert.True(JsonWebKeySet.TryParse(ring.ToJwks(), out var set, out _));

        Assert.Empty(set.Skipped);
        Assert.Equal(ring.Live.Select(key => key.KeyId), set.Keys.Select(key => key.KeyId));
        Assert.DoesNotContain("\"d\"", Encoding.UTF8.GetString(ring.ToJwks()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Add_Rotation_SignsWithTheNewKeyFromItsTimeAndKeepsTheOldOneForItsTokens()
    {
        var (ring, issuer, validator) = New();
        var (first, second) = (SigningKey.Generate(_time.GetUtcNow()), SigningKey.Generate(_time.GetUtcNow().AddMinutes(20)));
        ring.Add(first);
        ring.Add(second);
        Assert.Same(first, ring.Current);
        Assert.Equal([first, second], ring.Live);

        _time.Advance(TimeSpan.FromMinutes(19));
        var last = issuer.Issue(new TokenRequest { Subject = "user-1", Lifetime = TimeSpan.FromHours(24) }).Token;
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Same(second, ring.Current);

        _time.Advance(TimeSpan.FromHours(23));
        Assert.True((await validator.ValidateAsync(last, TestContext.Current.CancellationToken)).IsValid);

        _time.Advance(TimeSpan.FromMinutes(70));
        Assert.Equal([second], ring.Live);
        Assert.Equal(JwtRefusal.UnknownKey, (await validator.ValidateAsync(last, TestContext.Current.CancellationToken)).Refusal);
    }

    [Fact]
    public void Add_ThirdLiveOrEarlierKey_Throws()
    {
        var (ring, _, _) = New();
        ring.Add(SigningKey.Generate(_time.GetUtcNow()));
        Assert.Throws<InvalidOperationException>(() => ring.Add(SigningKey.Generate(_time.GetUtcNow())));
        ring.Add(SigningKey.Generate(_time.GetUtcNow().AddMinutes(20)));
        Assert.Throws<InvalidOperationException>(() => ring.Add(SigningKey.Generate(_time.GetUtcNow().AddMinutes(40))));

        _time.Advance(TimeSpan.FromHours(25));
        ring.Add(SigningKey.Generate(_time.GetUtcNow().AddMinutes(20)));
        Assert.Equal(2, ring.Live.Count);
    }

    [Fact]
    public void ToPem_ReadAgain_IsTheSameKey()
    {
        using var key = SigningKey.Generate(_time.GetUtcNow());
        using var again = SigningKey.FromPem(key.ToPem(), key.SignsFrom);

        Assert.Equal(key.KeyId, again.KeyId);
        Assert.Equal(JwtRefusal.None, key.PublicKey.Verify([1, 2, 3], again.Sign([1, 2, 3])));
    }

    [Fact]
    public void FromPem_NotAPrivateKeyOfP256_Throws()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        using var good = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        foreach (var pem in new[] { "", "no key", other.ExportPkcs8PrivateKeyPem(), rsa.ExportPkcs8PrivateKeyPem(), good.ExportSubjectPublicKeyInfoPem() })
            Assert.Throws<ArgumentException>(() => SigningKey.FromPem(pem, _time.GetUtcNow()));
    }

    private (SigningKeyRing Ring, JwtIssuer Issuer, JwtValidator Validator) New()
    {
        var ring = new SigningKeyRing(_options, _time);
        var options = Options.Create(new JwtOptions { Issuer = _options.Value.Issuer, Audiences = { "rankmybrand" } });
        var validator = new JwtValidator(options, ring, new ValidatedTokenCache(options, _time), new TokenRevocations(options, _time), _time);
        return (ring, new JwtIssuer(_options, ring, _time), validator);
    }
}
