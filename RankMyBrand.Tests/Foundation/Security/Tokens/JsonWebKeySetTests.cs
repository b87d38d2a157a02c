using System.Security.Cryptography;
using System.Text;
using RankMyBrand.Foundation.Security;
using static RankMyBrand.Tests.Foundation.Security.Tokens.JwtFixture;

namespace RankMyBrand.Tests.Foundation.Security.Tokens;

public sealed class JsonWebKeySetTests
{
    private const string X = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    private const string Y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    private const string Ec = $"""
        "kty":"EC","crv":"P-256","x":"{X}","y":"{Y}"
        """;

    private const string Ed = """
        "kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        """;

    private static readonly Dictionary<string, (JwkRefusal Reason, string Jwk)> s_keys = new(StringComparer.Ordinal)
    {
        ["EC"] = (JwkRefusal.None, $$"""{ {{Ec}} }"""),
        ["EC with all members"] = (JwkRefusal.None, $$"""{ {{Ec}},"kid":"a","use":"sig","alg":"ES256","key_ops":["verify"],"x5t":"zzz" }"""),
        ["RSA 2048"] = (JwkRefusal.None, Rsa(2048)),
        ["RSA 4096"] = (JwkRefusal.None, Rsa(4096)),
        ["RSA with exponent 3"] = (JwkRefusal.None, Rsa(2048, [3])),
        ["Ed25519"] = (JwkRefusal.None, $$"""{ {{Ed}},"alg":"EdDSA" }"""),
        ["Ed25519 by its new name"] = (JwkRefusal.None, $$"""{ {{Ed}},"alg":"Ed25519" }"""),
        ["text"] = (JwkRefusal.Malformed, "\"EC\""),
        ["no kty"] = (JwkRefusal.Malformed, "{}"),
        ["EC private"] = (JwkRefusal.Private, $$"""{ {{Ec}},"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI" }"""),
        ["RSA private"] = (JwkRefusal.Private, Rsa(2048).Replace("}", ",\"p\":\"AQ\"}", StringComparison.Ordinal)),
        ["Ed25519 private"] = (JwkRefusal.Private, $$"""{ {{Ed}},"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A" }"""),
        ["secret"] = (JwkRefusal.Private, """{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"}"""),
        ["secret without its secret"] = (JwkRefusal.UnsupportedType, """{"kty":"oct"}"""),
        ["unknown kty"] = (JwkRefusal.UnsupportedType, """{"kty":"AKP"}"""),
        ["kid a number"] = (JwkRefusal.InvalidKeyId, $$"""{ {{Ec}},"kid":1 }"""),
        ["kid a path"] = (JwkRefusal.InvalidKeyId, $$"""{ {{Ec}},"kid":"../a" }"""),
        ["for encryption"] = (JwkRefusal.NotForSignatures, $$"""{ {{Ec}},"use":"enc" }"""),
        ["for signing only"] = (JwkRefusal.NotForSignatures, $$"""{ {{Ec}},"key_ops":["sign"] }"""),
        ["P-384"] = (JwkRefusal.UnsupportedCurve, """{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"""),
        ["secp256k1"] = (JwkRefusal.UnsupportedCurve, $$"""{"kty":"EC","crv":"secp256k1","x":"{{X}}","y":"{{Y}}"}"""),
        ["no curve"] = (JwkRefusal.UnsupportedCurve, $$"""{"kty":"EC","x":"{{X}}","y":"{{Y}}"}"""),
        ["X25519"] = (JwkRefusal.UnsupportedCurve, """{"kty":"OKP","crv":"X25519","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}"""),
        ["Ed448"] = (JwkRefusal.UnsupportedCurve, """{"kty":"OKP","crv":"Ed448","x":"AA"}"""),
        ["EC for ES384"] = (JwkRefusal.UnsupportedAlgorithm, $$"""{ {{Ec}},"alg":"ES384" }"""),
        ["EC for ECDH"] = (JwkRefusal.UnsupportedAlgorithm, $$"""{ {{Ec}},"alg":"ECDH-ES" }"""),
        ["RSA for PS256"] = (JwkRefusal.UnsupportedAlgorithm, Rsa(2048).Replace("}", ",\"alg\":\"PS256\"}", StringComparison.Ordinal)),
        ["RSA for HS256"] = (JwkRefusal.UnsupportedAlgorithm, Rsa(2048).Replace("}", ",\"alg\":\"HS256\"}", StringComparison.Ordinal)),
        ["no y"] = (JwkRefusal.Malformed, $$"""{"kty":"EC","crv":"P-256","x":"{{X}}"}"""),
        ["x too short"] = (JwkRefusal.Malformed, $$"""{"kty":"EC","crv":"P-256","x":"AAAA","y":"{{Y}}"}"""),
        ["x padded"] = (JwkRefusal.Malformed, $$"""{"kty":"EC","crv":"P-256","x":"{{X}}=","y":"{{Y}}"}"""),
        ["x with stray bits"] = (JwkRefusal.Malformed, $$"""{"kty":"EC","crv":"P-256","x":"{{X[..^1]}}V","y":"{{Y}}"}"""),
        ["point beside the curve"] = (JwkRefusal.NotOnCurve, $$"""{"kty":"EC","crv":"P-256","x":"{{Y}}","y":"{{X}}"}"""),
        ["point zero"] = (JwkRefusal.NotOnCurve, $$"""{"kty":"EC","crv":"P-256","x":"{{Encode(new byte[32])}}","y":"{{Encode(new byte[32])}}"}"""),
        ["x of p and more"] = (JwkRefusal.NotOnCurve, $$"""{"kty":"EC","crv":"P-256","x":"{{Encode(Enumerable.Repeat((byte)255, 32).ToArray())}}","y":"{{Y}}"}"""),
        ["RSA 1024"] = (JwkRefusal.Weak, Rsa(1024)),
        ["RSA 2047"] = (JwkRefusal.Weak, Rsa(2047)),
        ["RSA 8200"] = (JwkRefusal.Weak, Rsa(8200)),
        ["RSA even"] = (JwkRefusal.Weak, RsaOf([0x80, .. new byte[255]], [1, 0, 1])),
        ["RSA with exponent 1"] = (JwkRefusal.Weak, Rsa(2048, [1])),
        ["RSA with exponent 2"] = (JwkRefusal.Weak, Rsa(2048, [2])),
        ["RSA with exponent of 5 bytes"] = (JwkRefusal.Weak, Rsa(2048, [1, 0, 0, 0, 1])),
        ["RSA with a leading zero"] = (JwkRefusal.Malformed, RsaOf([0, .. Odd(2048)], [1, 0, 1])),
        ["RSA without exponent"] = (JwkRefusal.Malformed, $$"""{"kty":"RSA","n":"{{Encode(Odd(2048))}}"}"""),
        ["Ed25519 neutral"] = (JwkRefusal.Weak, $$"""{"kty":"OKP","crv":"Ed25519","x":"{{Encode([1, .. new byte[31]])}}"}"""),
        ["Ed25519 beside the curve"] = (JwkRefusal.NotOnCurve, $$"""{"kty":"OKP","crv":"Ed25519","x":"{{Encode([2, .. new byte[31]])}}"}"""),
        ["Ed25519 of 31 bytes"] = (JwkRefusal.Malformed, $$"""{"kty":"OKP","crv":"Ed25519","x":"{{Encode(new byte[31])}}"}"""),
    };

    public static TheoryData<string> Cases { get; } = [.. s_keys.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void TryParse_EachKindOfKey_UsesItOrSaysWhyNot(string kind)
    {
        var (reason, jwk) = s_keys[kind];

        var set = Parse($$"""{"keys":[{{jwk}},{ {{Ec}},"kid":"good" }]}""");

        Assert.Contains(set.Keys, key => key.KeyId == "good");
        Assert.Equal(reason, set.Skipped.Count == 0 ? JwkRefusal.None : Assert.Single(set.Skipped).Reason);
        Assert.Equal(reason == JwkRefusal.None ? 2 : 1, set.Keys.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"keys":{}}""")]
    [InlineData("""{"keys":[],"keys":[]}""")]
    [InlineData("""{"keys":[{"kty":"EC","kty":"RSA"}]}""")]
    [InlineData("""{"keys":[],}""")]
    [InlineData("<html></html>")]
    public void TryParse_NotASet_FailsWithAReason(string json)
    {
        Assert.False(JsonWebKeySet.TryParse(Encoding.UTF8.GetBytes(json), out _, out var error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void TryParse_SameIdTwice_KeepsTheFirst()
    {
        var set = Parse($$"""{"keys":[{ {{Ec}},"kid":"a" },{ {{Ec}},"kid":"a" },{ {{Ed}},"kid":"a" }]}""");

        Assert.Equal([JwtAlgorithm.ES256, JwtAlgorithm.EdDSA], set.Keys.Select(key => key.Algorithm));
        Assert.Equal(new SkippedKey(1, JwkRefusal.Duplicate), Assert.Single(set.Skipped));
    }

    [Fact]
    public void TryParse_HundredKeys_UsesTheFirst64()
    {
        var set = Parse($$"""{"keys":[{{string.Join(',', Enumerable.Range(0, 100).Select(i => $$"""{ {{Ec}},"kid":"{{i}}" }"""))}}]}""");

        Assert.Equal(64, set.Keys.Count);
        Assert.Equal(36, set.Skipped.Count(key => key.Reason == JwkRefusal.TooMany));
    }

    [Fact]
    public void Find_WithoutId_TakesAnyOfAFewKeysOfTheAlgorithm()
    {
        var one = Parse($$"""{"keys":[{ {{Ec}},"kid":"a" },{ {{Ed}},"kid":"b" }]}""");
        var two = Parse($$"""{"keys":[{ {{Ec}},"kid":"a" },{ {{Ec}},"kid":"b" }]}""");

        Assert.Equal("a", one.Find(null, JwtAlgorithm.ES256).Key!.KeyId);
        Assert.Equal(JwtRefusal.UnknownKey, one.Find(null, JwtAlgorithm.RS256).Refusal);
        Assert.NotNull(two.Find(null, JwtAlgorithm.ES256).Key);
        Assert.Equal(JwtRefusal.KeyMismatch, two.Find("a", JwtAlgorithm.RS256).Refusal);
        Assert.NotNull(Of(4).Find(null, JwtAlgorithm.ES256).Key);
        Assert.Equal(JwtRefusal.UnknownKey, Of(5).Find(null, JwtAlgorithm.ES256).Refusal);

        static JsonWebKeySet Of(int count) => Parse($$"""{"keys":[{{string.Join(',', Enumerable.Repeat($$"""{ {{Ec}} }""", count))}}]}""");
    }

    [Fact]
    public void Find_WithoutId_VerifiesWithTheOldKeyAndTheNewOne()
    {
        using var old = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var key = Parse($$"""{"keys":[{{Jwk(old)}},{{Jwk(next)}}]}""").Find(null, JwtAlgorithm.ES256).Key!;

        Assert.Equal(JwtRefusal.None, key.Verify([1, 2, 3], Sign(old)));
        Assert.Equal(JwtRefusal.None, key.Verify([1, 2, 3], Sign(next)));
        Assert.Equal(JwtRefusal.BadSignature, key.Verify([1, 2, 3], Sign(other)));
        Assert.Equal(JwtRefusal.MalformedSignature, key.Verify([1, 2, 3], [1]));

        static byte[] Sign(ECDsa signer) =>
            signer.SignData([1, 2, 3], HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private static string Jwk(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return $$"""{"kty":"EC","crv":"P-256","x":"{{Encode(point.X)}}","y":"{{Encode(point.Y)}}"}""";
    }

    private static JsonWebKeySet Parse(string json)
    {
        Assert.True(JsonWebKeySet.TryParse(Encoding.UTF8.GetBytes(json), out var set, out var error), error);
        return set;
    }

    private static string Rsa(int bits, byte[]? exponent = null) => RsaOf(Odd(bits), exponent ?? [1, 0, 1]);

    private static string RsaOf(byte[] modulus, byte[] exponent) => $$"""{"kty":"RSA","n":"{{Encode(modulus)}}","e":"{{Encode(exponent)}}"}""";

    // An odd number of exactly so many bits: what a reader can see of a modulus.
    private static byte[] Odd(int bits)
    {
        var bytes = RandomNumberGenerator.GetBytes((bits + 7) / 8);
        var top = (bits - 1) % 8;
        bytes[0] = (byte)((bytes[0] & ((2 << top) - 1)) | (1 << top));
        bytes[^1] |= 1;
        return bytes;
    }
}
