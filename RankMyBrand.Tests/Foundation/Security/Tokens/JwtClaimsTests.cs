using System.Text.Json.Nodes;
using RankMyBrand.Foundation.Security;

namespace RankMyBrand.Tests.Foundation.Security.Tokens;

public sealed class JwtClaimsTests
{
    private static readonly Dictionary<string, (JwtRefusal Reason, Func<JwtFixture, (string Name, JsonNode? Value)> Change)> s_claims = new(StringComparer.Ordinal)
    {
        ["iss missing"] = (JwtRefusal.MissingClaim, _ => ("iss", null)),
        ["iss of another"] = (JwtRefusal.WrongIssuer, _ => ("iss", "https://evil.test")),
        ["iss with a slash more"] = (JwtRefusal.WrongIssuer, _ => ("iss", "https://issuer.test/")),
        ["iss in capitals"] = (JwtRefusal.WrongIssuer, _ => ("iss", "HTTPS://ISSUER.TEST")),
        ["iss an array"] = (JwtRefusal.MalformedClaims, _ => ("iss", new JsonArray("https://issuer.test"))),
        ["aud missing"] = (JwtRefusal.MissingClaim, _ => ("aud", null)),
        ["aud of another"] = (JwtRefusal.WrongAudience, _ => ("aud", "another")),
        ["aud empty array"] = (JwtRefusal.WrongAudience, _ => ("aud", new JsonArray())),
        ["aud array of others"] = (JwtRefusal.WrongAudience, _ => ("aud", new JsonArray("a", "rankmybrand2"))),
        ["aud array with a number"] = (JwtRefusal.MalformedClaims, _ => ("aud", new JsonArray("rankmybrand", 1))),
        ["aud an object"] = (JwtRefusal.MalformedClaims, _ => ("aud", new JsonObject { ["rankmybrand"] = 1 })),
        ["aud a list in one string"] = (JwtRefusal.WrongAudience, _ => ("aud", "rankmybrand other")),
        ["exp missing"] = (JwtRefusal.MissingClaim, _ => ("exp", null)),
        ["exp text"] = (JwtRefusal.MalformedClaims, jwt => ("exp", $"{jwt.Now + 600}")),
        ["exp an array"] = (JwtRefusal.MalformedClaims, jwt => ("exp", new JsonArray(jwt.Now + 600))),
        ["exp negative"] = (JwtRefusal.MalformedClaims, _ => ("exp", -1)),
        ["exp beyond all numbers"] = (JwtRefusal.MalformedClaims, _ => ("exp", JsonNode.Parse("1e999"))),
        ["exp beyond the calendar"] = (JwtRefusal.MalformedClaims, _ => ("exp", 253_402_300_800)),
        ["exp in milliseconds"] = (JwtRefusal.MalformedClaims, jwt => ("exp", jwt.Now * 1000)),
        ["exp 60 s ago"] = (JwtRefusal.Expired, jwt => ("exp", jwt.Now - 60)),
        ["nbf in 61 s"] = (JwtRefusal.NotYetValid, jwt => ("nbf", jwt.Now + 61)),
        ["nbf text"] = (JwtRefusal.MalformedClaims, _ => ("nbf", "0")),
        ["iat missing"] = (JwtRefusal.MissingClaim, _ => ("iat", null)),
        ["iat in 61 s"] = (JwtRefusal.IssuedInFuture, jwt => ("iat", jwt.Now + 61)),
        ["iat true"] = (JwtRefusal.MalformedClaims, _ => ("iat", true)),
        ["exp a day and more after iat"] = (JwtRefusal.LifetimeTooLong, jwt => ("exp", jwt.Now + 86_401)),
        ["sub a number"] = (JwtRefusal.MalformedClaims, _ => ("sub", 1)),
        ["sub empty"] = (JwtRefusal.MalformedClaims, _ => ("sub", "")),
        ["sub of 257 letters"] = (JwtRefusal.MalformedClaims, _ => ("sub", new string('a', 257))),
        ["sub with a line feed"] = (JwtRefusal.MalformedClaims, _ => ("sub", "user\r\nX-Role: admin")),
        ["tenant with a line feed"] = (JwtRefusal.MalformedClaims, _ => ("tenant", "acme\nX-Tenant: other")),
        ["tenant with a colon"] = (JwtRefusal.MalformedClaims, _ => ("tenant", "acme:other")),
        ["tenant beyond ASCII"] = (JwtRefusal.MalformedClaims, _ => ("tenant", "аcme")),
        ["tenant an array"] = (JwtRefusal.MalformedClaims, _ => ("tenant", new JsonArray("acme"))),
        ["jti a number"] = (JwtRefusal.MalformedClaims, _ => ("jti", 7)),
        ["scope a number"] = (JwtRefusal.MalformedClaims, _ => ("scope", 7)),
        ["scope an array with an object"] = (JwtRefusal.MalformedClaims, _ => ("scope", new JsonArray("a", new JsonObject()))),
        ["scope with a line feed"] = (JwtRefusal.MalformedClaims, _ => ("scope", "a b\r\nX-Role:")),
        ["role empty"] = (JwtRefusal.MalformedClaims, _ => ("roles", new JsonArray("admin", ""))),
        ["roles true"] = (JwtRefusal.MalformedClaims, _ => ("roles", true)),
    };

    public static TheoryData<string> Claims { get; } = [.. s_claims.Keys];

    [Theory]
    [MemberData(nameof(Claims))]
    public async Task Validate_ClaimThatDoesNotHold_RefusesForItsReason(string claim)
    {
        using var jwt = new JwtFixture();
        var (reason, change) = s_claims[claim];

        var validation = await jwt.ValidateAsync(jwt.Token(change(jwt)));

        Assert.Equal(reason, validation.Refusal);
        Assert.Equal(0, jwt.Cache.Count);
    }

    [Theory]
    [InlineData("[]", JwtRefusal.MalformedClaims)]
    [InlineData("\"text\"", JwtRefusal.MalformedClaims)]
    [InlineData("{\"exp\":}", JwtRefusal.MalformedClaims)]
    [InlineData("{\"exp\":1,\"exp\":9999999999}", JwtRefusal.DuplicateMember)]
    [InlineData("{\"a\":{\"b\":1,\"b\":2}}", JwtRefusal.DuplicateMember)]
    [InlineData("{\"sub\":\"\\ud800\"}", JwtRefusal.MalformedClaims)]
    [InlineData("{}", JwtRefusal.MissingClaim)]
    public async Task Validate_SignedButNoProperClaims_Refuses(string claims, JwtRefusal reason)
    {
        using var jwt = new JwtFixture();

        Assert.Equal(reason, (await jwt.ValidateAsync(JwtFixture.Compact(jwt.Header, claims, jwt.SignEc))).Refusal);
    }

    [Fact]
    public async Task Validate_GoodToken_GivesItsContent()
    {
        using var jwt = new JwtFixture();

        var token = (await jwt.ValidateAsync(jwt.Token())).Token!;

        Assert.Equal(("https://issuer.test", "user-1", "acme", "token-1"), (token.Issuer, token.Subject, token.Tenant, token.Id));
        Assert.Equal(["events:read", "events:write"], token.Scopes);
        Assert.Equal(["admin"], token.Roles);
        Assert.Equal(jwt.Time.GetUtcNow(), token.IssuedAt);
        Assert.Equal(jwt.Time.GetUtcNow().AddSeconds(600), token.ExpiresAt);
        Assert.True(token.HasScope("events:read") && token.HasRole("admin"));
        Assert.False(token.HasScope("events") || token.HasRole("Admin"));
    }

    [Fact]
    public async Task Validate_OnlyWhatIsRequired_Accepts()
    {
        using var jwt = new JwtFixture();

        var token = (await jwt.ValidateAsync(jwt.Token(("sub", null), ("tenant", null), ("scope", null), ("roles", null), ("jti", null)))).Token!;

        Assert.Equal((null, null, null), (token.Subject, token.Tenant, token.Id));
        Assert.Empty(token.Scopes);
        Assert.Empty(token.Roles);
    }

    [Fact]
    public async Task Validate_OtherFormsOfClaims_Accepts()
    {
        using var jwt = new JwtFixture();

        var token = (await jwt.ValidateAsync(jwt.Token(
            ("aud", new JsonArray("other", "rankmybrand")),
            ("scope", new JsonArray("a", "b")),
            ("roles", "owner"),
            ("exp", JsonNode.Parse($"{jwt.Now + 1}.5"))))).Token!;

        Assert.Equal(["a", "b"], token.Scopes);
        Assert.Equal(["owner"], token.Roles);
        Assert.Equal(jwt.Time.GetUtcNow().AddSeconds(1.5), token.ExpiresAt);
    }

    [Theory]
    [InlineData("exp", -59)]
    [InlineData("nbf", 60)]
    [InlineData("iat", 60)]
    public async Task Validate_WithinTheClockSkew_Accepts(string claim, int offset)
    {
        using var jwt = new JwtFixture();

        Assert.True((await jwt.ValidateAsync(jwt.Token((claim, jwt.Now + offset)))).IsValid);
    }

    [Fact]
    public async Task Validate_LimitLifted_NeedsNoIssueTime()
    {
        using var jwt = new JwtFixture();
        jwt.Settings.MaxLifetime = TimeSpan.Zero;

        Assert.True((await jwt.ValidateAsync(jwt.Token(("iat", null), ("exp", jwt.Now + 10_000_000)))).IsValid);
    }

    [Fact]
    public async Task Validate_OtherClaimNames_ReadsThose()
    {
        using var jwt = new JwtFixture();
        (jwt.Settings.ScopeClaim, jwt.Settings.RolesClaim, jwt.Settings.TenantClaim) = ("scp", "groups", "https://issuer.test/tid");

        var token = (await jwt.ValidateAsync(jwt.Token(("scp", "x"), ("groups", new JsonArray("g")), ("https://issuer.test/tid", "t1")))).Token!;

        Assert.Equal(("x", "g", "t1"), (token.Scopes[0], token.Roles[0], token.Tenant));
    }

    [Fact]
    public async Task ToPrincipal_GoodToken_HasClaimsAndRoles()
    {
        using var jwt = new JwtFixture();

        var principal = (await jwt.ValidateAsync(jwt.Token())).Token!.ToPrincipal("Bearer");

        Assert.True(principal.Identity is { IsAuthenticated: true, Name: "user-1", AuthenticationType: "Bearer" });
        Assert.True(principal.IsInRole("admin") && principal.HasClaim("scope", "events:write") && principal.HasClaim("tenant", "acme"));
    }
}
