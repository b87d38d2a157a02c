using System.Security.Cryptography;
using System.Text;
using RankMyBrand.Foundation.Security;
using static RankMyBrand.Tests.Foundation.Security.Tokens.JwtFixture;

namespace RankMyBrand.Tests.Foundation.Security.Tokens;

/// <summary>Every known way to pass with a token that should not, and the reason it is refused for.</summary>
public sealed class JwtAttackTests
{
    private static readonly Dictionary<string, (JwtRefusal Reason, Func<JwtFixture, string> Token)> s_attacks = new(StringComparer.Ordinal)
    {
        ["no token"] = (JwtRefusal.Empty, _ => ""),
        ["8193 characters"] = (JwtRefusal.TooLarge, _ => new string('a', 8193)),
        ["a good token made too long"] = (JwtRefusal.TooLarge, jwt => jwt.Token(("note", new string('a', 8192)))),

        // The form.
        ["one part"] = (JwtRefusal.NotCompactJws, _ => "abc"),
        ["two parts"] = (JwtRefusal.NotCompactJws, jwt => jwt.Token()[..jwt.Token().LastIndexOf('.')]),
        ["four parts"] = (JwtRefusal.NotCompactJws, jwt => jwt.Token() + ".abc"),
        ["only dots"] = (JwtRefusal.NotCompactJws, _ => ".."),
        ["no header"] = (JwtRefusal.NotCompactJws, jwt => jwt.Token()[jwt.Token().IndexOf('.', StringComparison.Ordinal)..]),
        ["detached payload"] = (JwtRefusal.NotCompactJws, jwt => Parts(jwt) is var p ? $"{p[0]}..{p[2]}" : ""),
        ["JSON serialization"] = (JwtRefusal.NotCompactJws, jwt => Parts(jwt) is var p ? $$"""{"protected":"{{p[0]}}","payload":"{{p[1]}}","signature":"{{p[2]}}"}""" : ""),
        ["five parts, encrypted"] = (JwtRefusal.Encrypted, _ => $"{Encode("""{"alg":"RSA-OAEP","enc":"A256GCM"}""")}.a.b.c.d"),
        ["enc in a signed token"] = (JwtRefusal.Encrypted, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"ec","enc":"A256GCM"}""")),
        ["compressed"] = (JwtRefusal.Encrypted, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"ec","zip":"DEF"}""")),

        // Base64url.
        ["space before"] = (JwtRefusal.NotBase64Url, jwt => " " + jwt.Token()),
        ["line feed after"] = (JwtRefusal.NotBase64Url, jwt => jwt.Token() + "\n"),
        ["space inside the claims"] = (JwtRefusal.NotBase64Url, jwt => Parts(jwt) is var p ? $"{p[0]}.{p[1].Insert(4, " ")}.{p[2]}" : ""),
        ["padded signature"] = (JwtRefusal.NotBase64Url, jwt => jwt.Token() + "=="),
        ["padded header"] = (JwtRefusal.NotBase64Url, jwt => Parts(jwt) is var p ? $"{p[0]}=.{p[1]}.{p[2]}" : ""),
        ["plus and slash"] = (JwtRefusal.NotBase64Url, jwt => Parts(jwt) is var p ? $"{p[0]}.{p[1]}.+/{p[2][2..]}" : ""),
        ["stray low bits in the signature"] = (JwtRefusal.NotBase64Url, jwt => WithStrayBits(jwt.Token())),
        ["percent encoding"] = (JwtRefusal.NotBase64Url, jwt => jwt.Token().Replace("e", "%65", StringComparison.Ordinal)),
        ["letters beyond ASCII"] = (JwtRefusal.NotBase64Url, jwt => jwt.Token().Replace('e', 'е')),
        ["NUL"] = (JwtRefusal.NotBase64Url, jwt => jwt.Token() + "\0"),

        // The header as JSON.
        ["header is text"] = (JwtRefusal.MalformedHeader, jwt => WithHeader(jwt, "alg=ES256")),
        ["header is an array"] = (JwtRefusal.MalformedHeader, jwt => WithHeader(jwt, """[{"alg":"ES256"}]""")),
        ["header is empty"] = (JwtRefusal.MalformedHeader, jwt => WithHeader(jwt, "{}")),
        ["header with a comment"] = (JwtRefusal.MalformedHeader, jwt => WithHeader(jwt, """{"alg":"ES256"/**/}""")),
        ["header with a trailing comma"] = (JwtRefusal.MalformedHeader, jwt => WithHeader(jwt, """{"alg":"ES256",}""")),
        ["header with a second object"] = (JwtRefusal.MalformedHeader, jwt => WithHeader(jwt, """{"alg":"ES256"}{"alg":"none"}""")),
        ["header with half a surrogate pair"] = (JwtRefusal.MalformedHeader, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"\ud800"}""")),
        ["header with half a surrogate pair as a name"] = (JwtRefusal.MalformedHeader, jwt => WithHeader(jwt, """{"alg":"ES256","\udc00":1}""")),
        ["header that is not UTF-8"] = (JwtRefusal.MalformedHeader, _ => $"{Encode([.. """{"alg":"""u8, 0xff, .. "\"}"u8])}.e30.AA"),
        ["header with a byte order mark"] = (JwtRefusal.MalformedHeader, jwt => WithHeader(jwt, "\ufeff" + jwt.Header)),
        ["header nested 1000 deep"] = (JwtRefusal.MalformedHeader, jwt => WithHeader(jwt, $$"""{"alg":"ES256","a":{{new string('[', 1000)}}{{new string(']', 1000)}}}""")),
        ["alg missing"] = (JwtRefusal.MalformedHeader, jwt => WithHeader(jwt, """{"typ":"JWT","kid":"ec"}""")),
        ["alg null"] = (JwtRefusal.MalformedHeader, jwt => WithHeader(jwt, """{"alg":null,"kid":"ec"}""")),
        ["alg an array"] = (JwtRefusal.MalformedHeader, jwt => WithHeader(jwt, """{"alg":["ES256"],"kid":"ec"}""")),
        ["typ a number"] = (JwtRefusal.MalformedHeader, jwt => WithHeader(jwt, """{"alg":"ES256","typ":1,"kid":"ec"}""")),
        ["alg twice"] = (JwtRefusal.DuplicateMember, jwt => WithHeader(jwt, """{"alg":"none","alg":"ES256","kid":"ec"}""")),
        ["alg twice, once escaped"] = (JwtRefusal.DuplicateMember, jwt => WithHeader(jwt, """{"alg":"ES256","\u0061lg":"none","kid":"ec"}""")),
        ["kid twice"] = (JwtRefusal.DuplicateMember, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"other","kid":"ec"}""")),
        ["a member twice, deep inside"] = (JwtRefusal.DuplicateMember, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"ec","x":[{"a":1,"a":1}]}""")),
        ["typ of another protocol"] = (JwtRefusal.WrongType, jwt => WithHeader(jwt, """{"alg":"ES256","typ":"dpop+jwt","kid":"ec"}""")),
        ["typ empty"] = (JwtRefusal.WrongType, jwt => WithHeader(jwt, """{"alg":"ES256","typ":"","kid":"ec"}""")),

        // The algorithm.
        ["none"] = (JwtRefusal.NotSigned, jwt => $"{Encode("""{"alg":"none"}""")}.{Encode(jwt.Claims())}."),
        ["none with a signature"] = (JwtRefusal.NotSigned, jwt => WithHeader(jwt, """{"alg":"none","kid":"ec"}""")),
        ["nOnE"] = (JwtRefusal.NotSigned, jwt => $"{Encode("""{"alg":"nOnE"}""")}.{Encode(jwt.Claims())}."),
        ["HMAC with the public key as the secret"] = (JwtRefusal.AlgorithmNotAllowed, jwt => Compact(
            """{"alg":"HS256","typ":"JWT","kid":"rsa"}""", jwt.Claims(), data => HMACSHA256.HashData(Encoding.ASCII.GetBytes(jwt.RsaPublicPem), data))),
        ["HMAC with the modulus as the secret"] = (JwtRefusal.AlgorithmNotAllowed, jwt => Compact(
            """{"alg":"HS256","typ":"JWT","kid":"rsa"}""", jwt.Claims(), data => HMACSHA256.HashData(RsaModulus, data))),
        ["HS512"] = (JwtRefusal.AlgorithmNotAllowed, jwt => WithHeader(jwt, """{"alg":"HS512","kid":"ec"}""")),
        ["ES384"] = (JwtRefusal.AlgorithmNotAllowed, jwt => WithHeader(jwt, """{"alg":"ES384","kid":"ec"}""")),
        ["ES256K"] = (JwtRefusal.AlgorithmNotAllowed, jwt => WithHeader(jwt, """{"alg":"ES256K","kid":"ec"}""")),
        ["PS256"] = (JwtRefusal.AlgorithmNotAllowed, jwt => Compact("""{"alg":"PS256","kid":"rsa"}""", jwt.Claims(), jwt.SignRsaPss)),
        ["Ed448"] = (JwtRefusal.AlgorithmNotAllowed, jwt => WithHeader(jwt, """{"alg":"Ed448","kid":"ed"}""")),
        ["es256 in lower case"] = (JwtRefusal.AlgorithmNotAllowed, jwt => WithHeader(jwt, """{"alg":"es256","kid":"ec"}""")),
        ["alg empty"] = (JwtRefusal.AlgorithmNotAllowed, jwt => WithHeader(jwt, """{"alg":"","kid":"ec"}""")),
        ["alg with a space"] = (JwtRefusal.AlgorithmNotAllowed, jwt => WithHeader(jwt, """{"alg":"none ","kid":"ec"}""")),

        // Keys and readings that the token brings along.
        ["jwk"] = (JwtRefusal.EmbeddedKey, WithOwnKey),
        ["jku"] = (JwtRefusal.EmbeddedKey, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"ec","jku":"https://evil.test/jwks"}""")),
        ["x5u"] = (JwtRefusal.EmbeddedKey, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"ec","x5u":"https://evil.test/cert"}""")),
        ["x5c"] = (JwtRefusal.EmbeddedKey, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"ec","x5c":["MIIB"]}""")),
        ["crit"] = (JwtRefusal.CriticalExtension, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"ec","crit":["exp"],"exp":1}""")),
        ["crit, empty"] = (JwtRefusal.CriticalExtension, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"ec","crit":[]}""")),
        ["b64 false"] = (JwtRefusal.UnencodedPayload, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"ec","b64":false,"crit":["b64"]}""")),
        ["b64 true"] = (JwtRefusal.UnencodedPayload, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"ec","b64":true}""")),
        ["nested, declared"] = (JwtRefusal.Nested, jwt => Compact("""{"alg":"ES256","kid":"ec","cty":"JWT"}""", jwt.Token(), jwt.SignEc)),
        ["nested, not declared"] = (JwtRefusal.MalformedClaims, jwt => Compact(jwt.Header, jwt.Token(), jwt.SignEc)),

        // The key id.
        ["kid a path"] = (JwtRefusal.InvalidKeyId, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"../../../../dev/null"}""")),
        ["kid SQL"] = (JwtRefusal.InvalidKeyId, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"x' UNION SELECT 'key"}""")),
        ["kid a command"] = (JwtRefusal.InvalidKeyId, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"ec|sleep"}""")),
        ["kid with a line feed"] = (JwtRefusal.InvalidKeyId, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"ec\nfake log line"}""")),
        ["kid with NUL"] = (JwtRefusal.InvalidKeyId, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"ec\u0000"}""")),
        ["kid empty"] = (JwtRefusal.InvalidKeyId, jwt => WithHeader(jwt, """{"alg":"ES256","kid":""}""")),
        ["kid a number"] = (JwtRefusal.InvalidKeyId, jwt => WithHeader(jwt, """{"alg":"ES256","kid":1}""")),
        ["kid an object"] = (JwtRefusal.InvalidKeyId, jwt => WithHeader(jwt, """{"alg":"ES256","kid":{"$ne":""}}""")),
        ["kid of 129 letters"] = (JwtRefusal.InvalidKeyId, jwt => WithHeader(jwt, $$"""{"alg":"ES256","kid":"{{new string('a', 129)}}"}""")),
        ["kid unknown"] = (JwtRefusal.UnknownKey, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"EC"}""")),
        ["kid of a key of another algorithm"] = (JwtRefusal.KeyMismatch, jwt => WithHeader(jwt, """{"alg":"ES256","kid":"rsa"}""")),
        ["alg of another key"] = (JwtRefusal.KeyMismatch, jwt => WithHeader(jwt, """{"alg":"RS256","kid":"ec"}""")),

        // The signature.
        ["no signature"] = (JwtRefusal.MalformedSignature, jwt => Parts(jwt) is var p ? $"{p[0]}.{p[1]}." : ""),
        ["DER signature"] = (JwtRefusal.MalformedSignature, jwt => Compact(jwt.Header, jwt.Claims(), jwt.SignEcDer)),
        ["r and s zero"] = (JwtRefusal.MalformedSignature, jwt => Signed(jwt, "ES256", "ec", new byte[64])),
        ["r zero"] = (JwtRefusal.MalformedSignature, jwt => Signed(jwt, "ES256", "ec", [.. new byte[32], .. Scalar(1)])),
        ["s zero"] = (JwtRefusal.MalformedSignature, jwt => Signed(jwt, "ES256", "ec", [.. Scalar(1), .. new byte[32]])),
        ["r the order"] = (JwtRefusal.MalformedSignature, jwt => Signed(jwt, "ES256", "ec", [.. Order, .. Scalar(1)])),
        ["s the order"] = (JwtRefusal.MalformedSignature, jwt => Signed(jwt, "ES256", "ec", [.. Scalar(1), .. Order])),
        ["r and s all ones"] = (JwtRefusal.MalformedSignature, jwt => Signed(jwt, "ES256", "ec", Enumerable.Repeat((byte)0xff, 64).ToArray())),
        ["r and s one"] = (JwtRefusal.BadSignature, jwt => Signed(jwt, "ES256", "ec", [.. Scalar(1), .. Scalar(1)])),
        ["ES256 of 63 bytes"] = (JwtRefusal.MalformedSignature, jwt => Compact(jwt.Header, jwt.Claims(), data => jwt.SignEc(data)[1..])),
        ["ES256 of 65 bytes"] = (JwtRefusal.MalformedSignature, jwt => Compact(jwt.Header, jwt.Claims(), data => [0, .. jwt.SignEc(data)])),
        ["RS256 of zeros"] = (JwtRefusal.BadSignature, jwt => Signed(jwt, "RS256", "rsa", new byte[256])),
        ["RS256 of ones"] = (JwtRefusal.BadSignature, jwt => Signed(jwt, "RS256", "rsa", Enumerable.Repeat((byte)0xff, 256).ToArray())),
        ["RS256 of 255 bytes"] = (JwtRefusal.MalformedSignature, jwt => Signed(jwt, "RS256", "rsa", new byte[255])),
        ["RS256 with a leading zero more"] = (JwtRefusal.MalformedSignature, jwt => Compact("""{"alg":"RS256","kid":"rsa"}""", jwt.Claims(), data => [0, .. jwt.SignRsa(data)])),
        ["PSS where PKCS #1 v1.5 is announced"] = (JwtRefusal.BadSignature, jwt => Compact("""{"alg":"RS256","kid":"rsa"}""", jwt.Claims(), jwt.SignRsaPss)),
        ["EdDSA of zeros"] = (JwtRefusal.BadSignature, jwt => Signed(jwt, "EdDSA", "ed", new byte[64])),
        ["EdDSA with S the order"] = (JwtRefusal.MalformedSignature, jwt => Signed(jwt, "EdDSA", "ed", [.. new byte[32], .. Ed25519Reference.Bytes(Ed25519Reference.L)])),
        ["EdDSA of 63 bytes"] = (JwtRefusal.MalformedSignature, jwt => Signed(jwt, "EdDSA", "ed", new byte[63])),
        ["signature of another token"] = (JwtRefusal.BadSignature, jwt => (Parts(jwt), jwt.Token(("sub", "other"))) is var (p, other) ? $"{p[0]}.{p[1]}.{other[(other.LastIndexOf('.') + 1)..]}" : ""),
        ["claims of another token"] = (JwtRefusal.BadSignature, jwt => Parts(jwt) is var p ? $"{p[0]}.{Encode(jwt.Claims(("sub", "root")))}.{p[2]}" : ""),
        ["signed by another key"] = (JwtRefusal.BadSignature, SignedByAnother),
    };

    public static TheoryData<string> Attacks { get; } = [.. s_attacks.Keys];

    private static byte[] Order => Convert.FromHexString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task Validate_Attack_RefusesForItsReason(string attack)
    {
        using var jwt = new JwtFixture();
        var (reason, token) = s_attacks[attack];

        var validation = await jwt.ValidateAsync(token(jwt));

        Assert.Equal(reason, validation.Refusal);
        Assert.False(validation.IsValid);
        Assert.Null(validation.Token);
        Assert.Equal(0, jwt.Cache.Count);
    }

    [Theory]
    [InlineData("ES256", "ec")]
    [InlineData("RS256", "rsa")]
    [InlineData("EdDSA", "ed")]
    [InlineData("Ed25519", "ed")]
    public async Task Validate_GoodTokenOfEachAlgorithm_Accepts(string algorithm, string keyId)
    {
        using var jwt = new JwtFixture();
        var token = Compact($$"""{"alg":"{{algorithm}}","kid":"{{keyId}}"}""", jwt.Claims(), Signer(jwt, keyId));

        Assert.Equal(JwtRefusal.None, (await jwt.ValidateAsync(token)).Refusal);
    }

    [Theory]
    [InlineData("ES256", "ec")]
    [InlineData("RS256", "rsa")]
    [InlineData("EdDSA", "ed")]
    public async Task Validate_AlgorithmNotOnTheList_RefusesThoughTheKeyIsTrusted(string algorithm, string keyId)
    {
        using var jwt = new JwtFixture();
        jwt.Settings.Algorithms.Remove(Enum.Parse<JwtAlgorithm>(algorithm));
        var token = Compact($$"""{"alg":"{{algorithm}}","kid":"{{keyId}}"}""", jwt.Claims(), Signer(jwt, keyId));

        Assert.Equal(JwtRefusal.AlgorithmNotAllowed, (await jwt.ValidateAsync(token)).Refusal);
        Assert.Equal(0, jwt.Lookups);
    }

    [Theory]
    [InlineData("""{"alg":"ES256"}""")]
    [InlineData("""{"alg":"ES256","kid":"ec","typ":"JWT"}""")]
    [InlineData("""{"alg":"ES256","kid":"ec","typ":"jwt"}""")]
    [InlineData("""{"alg":"ES256","kid":"ec","typ":"application/AT+JWT"}""")]
    [InlineData("""{"alg":"ES256","kid":"ec","typ":"at\u002Bjwt"}""")]
    [InlineData("{\r\n \"alg\" : \"ES256\",\t\"kid\":\"ec\" }")]
    [InlineData("""{"alg":"ES256","kid":"ec","x5t":"abc","x5t#S256":"abc","nonce":{"a":[1,null,true]},"Alg":"none"}""")]
    public async Task Validate_UnusualButProperHeader_Accepts(string header)
    {
        using var jwt = new JwtFixture();

        Assert.Equal(JwtRefusal.None, (await jwt.ValidateAsync(Compact(header, jwt.Claims(), jwt.SignEc))).Refusal);
    }

    [Fact]
    public async Task Validate_TypeMissingWhereItIsRequired_Refuses()
    {
        using var jwt = new JwtFixture();
        jwt.Settings.RequireType = true;

        Assert.Equal(JwtRefusal.WrongType, (await jwt.ValidateAsync(WithHeader(jwt, """{"alg":"ES256","kid":"ec"}"""))).Refusal);
        Assert.Equal(JwtRefusal.None, (await jwt.ValidateAsync(jwt.Token())).Refusal);
    }

    [Fact]
    public async Task Validate_LongestToken_Accepts()
    {
        using var jwt = new JwtFixture();
        var room = JwtValidator.MaxLength - jwt.Token(("note", "")).Length;

        Assert.Equal(JwtRefusal.None, (await jwt.ValidateAsync(jwt.Token(("note", new string('a', room * 3 / 4))))).Refusal);
    }

    private static string[] Parts(JwtFixture jwt) => jwt.Token().Split('.');

    private static Func<byte[], byte[]> Signer(JwtFixture jwt, string keyId) =>
        keyId switch { "ec" => jwt.SignEc, "rsa" => jwt.SignRsa, _ => SignEd };

    private static string WithHeader(JwtFixture jwt, string header) => Compact(header, jwt.Claims(), jwt.SignEc);

    private static string Signed(JwtFixture jwt, string algorithm, string keyId, byte[] signature) =>
        Compact($$"""{"alg":"{{algorithm}}","kid":"{{keyId}}"}""", jwt.Claims(), _ => signature);

    private static byte[] Scalar(byte value) => [.. new byte[31], value];

    // 64 bytes are 86 letters, of which the last carries two bits.
    private static string WithStrayBits(string token)
    {
        const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        return token[..^1] + Letters[Letters.IndexOf(token[^1], StringComparison.Ordinal) + 1];
    }

    private static string WithOwnKey(JwtFixture jwt)
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = own.ExportParameters(false).Q;
        return Compact(
            $$"""{"alg":"ES256","kid":"ec","jwk":{"kty":"EC","crv":"P-256","x":"{{Encode(q.X)}}","y":"{{Encode(q.Y)}}"} }""",
            jwt.Claims(),
            data => own.SignData(data, HashAlgorithmName.SHA256));
    }

    private static string SignedByAnother(JwtFixture jwt)
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Compact(jwt.Header, jwt.Claims(), data => other.SignData(data, HashAlgorithmName.SHA256));
    }
}
