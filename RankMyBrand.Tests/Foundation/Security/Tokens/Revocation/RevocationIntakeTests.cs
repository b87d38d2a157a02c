using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Security;
using RankMyBrand.Tests.Support;
using Entry = RankMyBrand.Foundation.Security.Revocation;

namespace RankMyBrand.Tests.Foundation.Security.Tokens.Revocation;

public sealed class RevocationIntakeTests
{
    /// <summary>The list is read anew each minute, with the entry in it.</summary>
    [Fact]
    public void Take_ASubjectOfTheFutureAgain_LeavesItsNewTokensGood()
    {
        var time = new ManualTimeProvider();
        var options = Options.Create(new JwtOptions { Issuer = "https://issuer.test", Audiences = { "rankmybrand" } });
        var revocations = new TokenRevocations(options, time);
        var log = new LogLines<RevocationIntake>();
        var intake = new RevocationIntake(revocations, options, time, log);
        var begun = time.GetUtcNow();
        var entry = new Entry(RevocationKind.Subject, "user", Entry.ScoreOf(begun.AddHours(3)));

        for (var passed = TimeSpan.Zero; passed < TimeSpan.FromHours(3); passed += TimeSpan.FromMinutes(10))
        {
            intake.Take(entry);
            Assert.True(revocations.IsRevoked(IssuedAt(begun.AddMinutes(-1))));
            Assert.False(revocations.IsRevoked(IssuedAt(time.GetUtcNow())));
            time.Advance(TimeSpan.FromMinutes(10));
        }

        Assert.Single(log.Lines);
        // Its instant has come, and it counts as it stands.
        intake.Take(entry);
        Assert.True(revocations.IsRevoked(IssuedAt(begun.AddHours(2))));
        Assert.False(revocations.IsRevoked(IssuedAt(time.GetUtcNow())));
    }

    private static ValidatedToken IssuedAt(DateTimeOffset instant) =>
        new() { Issuer = "https://issuer.test", Subject = "user", IssuedAt = instant, ExpiresAt = instant.AddMinutes(5) };
}
