using System.Security.Cryptography;
using RankMyBrand.Foundation.Security;

namespace RankMyBrand.Tests.Foundation.Security.Tokens;

public sealed class JwtTamperTests
{
    [Theory]
    [InlineData("ES256", "ec")]
    [InlineData("RS256", "rsa")]
    [InlineData("EdDSA", "ed")]
    public async Task Validate_AnyBitFlipped_Refuses(string algorithm, string keyId)
    {
        using var jwt = new JwtFixture();
        var token = JwtFixture.Compact(
            $$"""{"alg":"{{algorithm}}","kid":"{{keyId}}"}""", jwt.Claims(), keyId switch { "ec" => jwt.SignEc, "rsa" => jwt.SignRsa, _ => JwtFixture.SignEd });
        var letters = token.ToCharArray();

        for (var bit = 0; bit < letters.Length * 8; bit++)
        {
            letters[bit / 8] ^= (char)(1 << (bit % 8));
            Assert.False((await jwt.ValidateAsync(new string(letters))).IsValid, $"bit {bit}");
            letters[bit / 8] = token[bit / 8];
        }

        Assert.True((await jwt.ValidateAsync(token)).IsValid);
    }

    [Fact]
    public async Task Validate_AnyLetterMissingOrDoubled_Refuses()
    {
        using var jwt = new JwtFixture();
        var token = jwt.Token();

        for (var i = 0; i < token.Length; i++)
        {
            Assert.False((await jwt.ValidateAsync(token.Remove(i, 1))).IsValid, $"without {i}");
            Assert.False((await jwt.ValidateAsync(token.Insert(i, token[i..(i + 1)]))).IsValid, $"{i} twice");
        }
    }

    [Fact]
    public async Task Validate_HundredThousandRandomTokens_RefusesEachWithoutAnException()
    {
        using var jwt = new JwtFixture();
        var (random, good) = (new Random(20260101), jwt.Token());
        var reasons = new HashSet<JwtRefusal>();

        for (var i = 0; i < 100_000; i++)
        {
            var validation = await jwt.ValidateAsync(RandomToken(random, good));
            Assert.False(validation.IsValid);
            reasons.Add(validation.Refusal);
        }

        Assert.True(reasons.Count >= 8, string.Join(", ", reasons));     // the fuzz does get past the first check
    }

    private static string RandomToken(Random random, string good)
    {
        var bytes = new byte[random.Next(1, 120)];
        random.NextBytes(bytes);
        return random.Next(6) switch
        {
            0 => string.Concat(bytes.Select(b => (char)(b * random.Next(1, 200)))),
            1 => $"{JwtFixture.Encode(bytes)}.{JwtFixture.Encode(bytes)}.{JwtFixture.Encode(bytes)}",
            2 => $"{JwtFixture.Encode("{\"alg\":\"ES256\",\"" + string.Concat(bytes.Select(b => (char)(b % 95 + 32))))}.e30.AA",
            3 => $"{JwtFixture.Encode(Shuffled(random, """{"alg":"none","kid":"a","typ":"JWT","crit":["b64"],"x":{"y":[1,2,null]}}"""))}.e30.AA",
            4 => Spliced(random, good),
            _ => $"{good[..good.IndexOf('.', StringComparison.Ordinal)]}.{JwtFixture.Encode(bytes)}.{JwtFixture.Encode(RandomNumberGenerator.GetBytes(64))}",
        };
    }

    // Swaps a few letters of a JSON text, so that much of it stays readable.
    private static string Shuffled(Random random, string json)
    {
        var letters = json.ToCharArray();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var (a, b) = (random.Next(letters.Length), random.Next(letters.Length));
            (letters[a], letters[b]) = (letters[b], letters[a]);
        }

        return new string(letters);
    }

    private static string Spliced(Random random, string good)
    {
        var (from, to) = (random.Next(good.Length), random.Next(good.Length));
        return from == to ? good + "." : $"{good[..from]}{good[to..]}";
    }
}
