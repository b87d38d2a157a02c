using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Security;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Security.Tokens;

/// <summary>A validator with one key of each kind, and the means to make any token, good or bad.</summary>
internal sealed class JwtFixture : IJwtKeySource, IDisposable
{
    // Made once: only the reference's slowness and the search for primes would show.
    private static readonly ECParameters s_ec = NewEcKey();
    private static readonly RSAParameters s_rsa = NewRsaKey();
    private static readonly byte[] s_edSeed = RandomNumberGenerator.GetBytes(32);
    private static readonly byte[] s_edPublic = Ed25519Reference.PublicKey(s_edSeed);

    private readonly ECDsa _ec = ECDsa.Create(s_ec);
    private readonly RSA _rsa = RSA.Create(s_rsa);
    private JsonWebKeySet? _keys;

    public ManualTimeProvider Time { get; } = new();

    public JwtOptions Settings { get; } = new()
    {
        Issuer = "https://issuer.test",
        Audiences = { "rankmybrand" },
        Algorithms = { JwtAlgorithm.ES256, JwtAlgorithm.RS256, JwtAlgorithm.EdDSA },
    };

    public TokenRevocations Revocations => field ??= new TokenRevocations(Options.Create(Settings), Time);

    public ValidatedTokenCache Cache => field ??= new ValidatedTokenCache(Options.Create(Settings), Time);

    public JwtValidator Validator => field ??= new JwtValidator(Options.Create(Settings), this, Cache, Revocations, Time);

    /// <summary>How often a key was asked for, which no token from the cache does.</summary>
    public int Lookups { get; private set; }

    public string Header { get; } = """{"alg":"ES256","typ":"at+jwt","kid":"ec"}""";

    public long Now => Time.GetUtcNow().ToUnixTimeSeconds();

    public static byte[] RsaModulus => s_rsa.Modulus!;

    public string RsaPublicPem => _rsa.ExportSubjectPublicKeyInfoPem();

    public static string Jwks { get; } = $$"""
        {"keys":[
        {"kty":"EC","crv":"P-256","kid":"ec","x":"{{Encode(s_ec.Q.X)}}","y":"{{Encode(s_ec.Q.Y)}}"},
        {"kty":"RSA","kid":"rsa","n":"{{Encode(s_rsa.Modulus)}}","e":"{{Encode(s_rsa.Exponent)}}"},
        {"kty":"OKP","crv":"Ed25519","kid":"ed","x":"{{Encode(s_edPublic)}}"}]}
        """;

    public static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    public static string Encode(string text) => Encode(Encoding.UTF8.GetBytes(text));

    public static string Compact(string header, string claims, Func<byte[], byte[]> sign)
    {
        var content = $"{Encode(header)}.{Encode(claims)}";
        return $"{content}.{Encode(sign(Encoding.ASCII.GetBytes(content)))}";
    }

    /// <summary>The claims of a good token, changed as asked: a null takes a claim away.</summary>
    public string Claims(params (string Name, JsonNode? Value)[] changes)
    {
        var claims = new JsonObject
        {
            ["iss"] = Settings.Issuer,
            ["aud"] = "rankmybrand",
            ["sub"] = "user-1",
            ["tenant"] = "acme",
            ["scope"] = "events:read events:write",
            ["roles"] = new JsonArray("admin"),
            ["jti"] = "token-1",
            ["iat"] = Now,
            ["exp"] = Now + 600,
        };
        foreach (var (name, value) in changes)
        {
            claims.Remove(name);
            if (value is not null)
                claims.Add(name, value);
        }

        return claims.ToJsonString();
    }

    public string Token(params (string Name, JsonNode? Value)[] changes) => Compact(Header, Claims(changes), SignEc);

    public byte[] SignEc(byte[] data) => _ec.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public byte[] SignEcDer(byte[] data) => _ec.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    public byte[] SignRsa(byte[] data) => _rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    public byte[] SignRsaPss(byte[] data) => _rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);

    public static byte[] SignEd(byte[] data) => Ed25519Reference.Sign(s_edSeed, data);

    public async Task<JwtValidation> ValidateAsync(string token) => await Validator.ValidateAsync(token, TestContext.Current.CancellationToken);

    public ValueTask<JwtKeyLookup> FindAsync(string? keyId, JwtAlgorithm algorithm, CancellationToken ct)
    {
        Lookups++;
        if (_keys is null)
            Assert.True(JsonWebKeySet.TryParse(Encoding.UTF8.GetBytes(Jwks), out _keys, out var error), error);
        return ValueTask.FromResult(_keys.Find(keyId, algorithm));
    }

    public void Dispose()
    {
        _ec.Dispose();
        _rsa.Dispose();
    }

    private static ECParameters NewEcKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportParameters(includePrivateParameters: true);
    }

    private static RSAParameters NewRsaKey()
    {
        using var key = RSA.Create(2048);
        return key.ExportParameters(includePrivateParameters: true);
    }
}
