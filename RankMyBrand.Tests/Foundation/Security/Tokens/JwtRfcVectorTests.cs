using System.Text;
using RankMyBrand.Foundation.Security;
using static RankMyBrand.Tests.Foundation.Security.Tokens.JwtFixture;

namespace RankMyBrand.Tests.Foundation.Security.Tokens;

/// <summary>The worked examples of RFC 7515, RFC 7519, RFC 7638 and RFC 8037.</summary>
public sealed class JwtRfcVectorTests
{
    private const string JoesClaims = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    private const string Rfc7515A2Key = """
        {"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}
        """;

    private const string Rfc7515A2Token = "eyJhbGciOiJSUzI1NiJ9." + JoesClaims + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    private const string Rfc7515A3Key = """
        {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
        """;

    private const string Rfc7515A3Token = "eyJhbGciOiJFUzI1NiJ9." + JoesClaims + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    private const string Rfc8037Key = """{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""";

    private const string Rfc8037A4Token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    [Theory]
    [InlineData(Rfc7515A2Key, Rfc7515A2Token, JwtAlgorithm.RS256)]
    [InlineData(Rfc7515A3Key, Rfc7515A3Token, JwtAlgorithm.ES256)]
    [InlineData(Rfc8037Key, Rfc8037A4Token, JwtAlgorithm.EdDSA)]
    public void Verify_SignedExampleOfAnRfc_Accepts(string jwk, string token, JwtAlgorithm algorithm)
    {
        using var jwt = new JwtFixture();
        Assert.True(JsonWebKeySet.TryParse(Encoding.UTF8.GetBytes($$"""{"keys":[{{jwk}}]}"""), out var keys, out _));

        Assert.Equal(JwtRefusal.None, CompactJws.Parse(Encoding.ASCII.GetBytes(token), jwt.Settings, out var jws));

        Assert.Equal(algorithm, jws!.Algorithm);
        Assert.Null(jws.KeyId);
        Assert.Equal(JwtRefusal.None, keys.Find(null, algorithm).Key!.Verify(jws.SigningInput, jws.Signature));
    }

    // Section 3.1: the claims hold once somebody whom they are meant for reads them in time.
    [Fact]
    public void Check_ClaimsOfRfc7519_AcceptsUntilTheyExpire()
    {
        var options = new JwtOptions { Issuer = "joe", Audiences = { "me" }, MaxLifetime = TimeSpan.Zero };
        var claims = Encoding.UTF8.GetBytes("{\"iss\":\"joe\",\r\n \"aud\":\"me\", \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
        var expiry = DateTimeOffset.FromUnixTimeSeconds(1300819380);

        Assert.True(JwtClaims.Check(claims, options, expiry.AddSeconds(59)).IsValid);
        Assert.Equal(JwtRefusal.Expired, JwtClaims.Check(claims, options, expiry.AddSeconds(60)).Refusal);
    }

    [Fact]
    public void Check_ClaimsOfRfc7519AsTheyAre_RefusesForTheMissingAudience()
    {
        using var jwt = new JwtFixture();
        Assert.Equal(JwtRefusal.None, CompactJws.Parse(Encoding.ASCII.GetBytes(Rfc7515A3Token), jwt.Settings, out var jws));

        Assert.Equal(JwtRefusal.MissingClaim, JwtClaims.Check(jws!.Claims, jwt.Settings, jwt.Time.GetUtcNow()).Refusal);
    }

    // RFC 7519 sections 3.1 (HMAC) and 6.1 (unsecured); RFC 7515 appendix A.4 (ES512).
    [Theory]
    [InlineData("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + JoesClaims + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", JwtRefusal.AlgorithmNotAllowed)]
    [InlineData("eyJhbGciOiJub25lIn0." + JoesClaims + ".", JwtRefusal.NotSigned)]
    [InlineData("eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn", JwtRefusal.AlgorithmNotAllowed)]
    public async Task Validate_ExampleOfAnRfcThatIsNotTakenHere_Refuses(string token, JwtRefusal reason)
    {
        using var jwt = new JwtFixture();

        Assert.Equal(reason, (await jwt.ValidateAsync(token)).Refusal);
    }

    [Fact]
    public void Sign_KeyOfRfc8037_GivesItsSignature()
    {
        var seed = Convert.FromHexString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
        var token = Rfc8037A4Token.Split('.');

        Assert.Equal(token[2], Encode(Ed25519Reference.Sign(seed, Encoding.ASCII.GetBytes($"{token[0]}.{token[1]}"))));
    }
}
