using RankMyBrand.Foundation.Security;

namespace RankMyBrand.Tests.Foundation.Security.Tokens;

public sealed class ValidatedTokenCacheTests
{
    [Fact]
    public async Task Validate_SecondTime_AnswersFromTheCache()
    {
        using var jwt = new JwtFixture();
        var token = jwt.Token();

        var first = await jwt.ValidateAsync(token);
        var second = await jwt.ValidateAsync(token);

        Assert.Same(first.Token, second.Token);
        Assert.Equal(1, jwt.Lookups);
    }

    [Fact]
    public async Task Validate_FromTheCache_AllocatesNothing()
    {
        using var jwt = new JwtFixture();
        var token = jwt.Token();
        await jwt.ValidateAsync(token);
        Loop();

        var before = GC.GetAllocatedBytesForCurrentThread();
        Loop();
        var perToken = (GC.GetAllocatedBytesForCurrentThread() - before) / 1000;

        Assert.InRange(perToken, 0, 16);

        void Loop()
        {
            for (var i = 0; i < 1000; i++)
            {
                var validation = jwt.Validator.ValidateAsync(token, CancellationToken.None);
                Assert.True(validation.IsCompletedSuccessfully);
            }
        }
    }

    [Fact]
    public async Task Validate_CachedTokenExpires_RefusesAtThatInstant()
    {
        using var jwt = new JwtFixture();
        var token = jwt.Token(("exp", jwt.Now + 100));
        Assert.True((await jwt.ValidateAsync(token)).IsValid);

        jwt.Time.Advance(TimeSpan.FromSeconds(159));
        Assert.True((await jwt.ValidateAsync(token)).IsValid);
        Assert.Equal(1, jwt.Lookups);

        jwt.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(JwtRefusal.Expired, (await jwt.ValidateAsync(token)).Refusal);
        Assert.Equal(0, jwt.Cache.Count);
    }

    [Fact]
    public async Task Validate_CacheLifetimeOver_VerifiesAgain()
    {
        using var jwt = new JwtFixture();
        var token = jwt.Token();
        await jwt.ValidateAsync(token);

        jwt.Time.Advance(TimeSpan.FromMinutes(5));

        Assert.True((await jwt.ValidateAsync(token)).IsValid);
        Assert.Equal(2, jwt.Lookups);
    }

    [Fact]
    public async Task Validate_TokenForEternity_IsValidAndRemembered()
    {
        using var jwt = new JwtFixture();
        jwt.Settings.MaxLifetime = TimeSpan.Zero;
        var token = jwt.Token(("exp", DateTimeOffset.MaxValue.ToUnixTimeSeconds()));

        var first = await jwt.ValidateAsync(token);
        var second = await jwt.ValidateAsync(token);

        Assert.True(first.IsValid);
        Assert.Same(first.Token, second.Token);
        Assert.True(jwt.Validator.IsStillValid(first.Token));
    }

    [Fact]
    public async Task Validate_CacheSwitchedOff_VerifiesEachTime()
    {
        using var jwt = new JwtFixture();
        jwt.Settings.CacheLifetime = TimeSpan.Zero;
        var token = jwt.Token();

        await jwt.ValidateAsync(token);
        await jwt.ValidateAsync(token);

        Assert.Equal(2, jwt.Lookups);
        Assert.Equal(0, jwt.Cache.Count);
    }

    [Fact]
    public async Task Validate_CachedTokenRevoked_RefusesOnTheNextLook()
    {
        using var jwt = new JwtFixture();
        var (revoked, other) = (jwt.Token(), jwt.Token(("jti", "token-2")));
        Assert.True((await jwt.ValidateAsync(revoked)).IsValid);
        Assert.True((await jwt.ValidateAsync(other)).IsValid);

        jwt.Revocations.RevokeToken("token-1", jwt.Time.GetUtcNow().AddMinutes(10));

        Assert.Equal(JwtRefusal.Revoked, (await jwt.ValidateAsync(revoked)).Refusal);
        Assert.True((await jwt.ValidateAsync(other)).IsValid);
    }

    [Fact]
    public async Task Validate_TokenRevokedBeforeItIsSeen_Refuses()
    {
        using var jwt = new JwtFixture();
        jwt.Revocations.RevokeToken("token-1", jwt.Time.GetUtcNow().AddMinutes(10));

        Assert.Equal(JwtRefusal.Revoked, (await jwt.ValidateAsync(jwt.Token())).Refusal);
    }

    [Fact]
    public async Task Validate_SubjectRevoked_RefusesWhatWasIssuedBefore()
    {
        using var jwt = new JwtFixture();
        var (old, other) = (jwt.Token(), jwt.Token(("sub", "user-2")));
        Assert.True((await jwt.ValidateAsync(old)).IsValid);
        jwt.Time.Advance(TimeSpan.FromSeconds(10));

        jwt.Revocations.RevokeSubject("user-1", jwt.Time.GetUtcNow());

        Assert.Equal(JwtRefusal.Revoked, (await jwt.ValidateAsync(old)).Refusal);
        Assert.True((await jwt.ValidateAsync(jwt.Token())).IsValid);     // issued at that very instant
        Assert.True((await jwt.ValidateAsync(other)).IsValid);
    }

    [Fact]
    public async Task Validate_MoreTokensThanTheCapacity_StaysBoundedAndKeepsWhatIsUsed()
    {
        using var jwt = new JwtFixture();
        jwt.Settings.CacheCapacity = 10;
        var used = jwt.Token(("jti", "used"));
        await jwt.ValidateAsync(used);

        for (var i = 0; i < 40; i++)
        {
            await jwt.ValidateAsync(jwt.Token(("jti", $"{i}")));
            await jwt.ValidateAsync(used);
            Assert.InRange(jwt.Cache.Count, 1, 10);
        }

        Assert.Equal(41, jwt.Lookups);
    }

    [Fact]
    public async Task Validate_ManyThreads_AgreeAndStayBounded()
    {
        using var jwt = new JwtFixture();
        jwt.Settings.CacheCapacity = 20;
        var tokens = Enumerable.Range(0, 50).Select(i => jwt.Token(("jti", $"{i}"))).ToArray();
        await jwt.ValidateAsync(tokens[0]);

        await Parallel.ForAsync(0, 4000, TestContext.Current.CancellationToken, async (i, ct) =>
        {
            var validation = await jwt.Validator.ValidateAsync(tokens[i * 7 % 50], ct);
            Assert.Equal($"{i * 7 % 50}", validation.Token!.Id);
        });

        Assert.InRange(jwt.Cache.Count, 1, 20);
    }
}
