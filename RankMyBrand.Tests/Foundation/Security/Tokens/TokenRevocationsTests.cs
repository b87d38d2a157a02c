using RankMyBrand.Foundation.Security;

namespace RankMyBrand.Tests.Foundation.Security.Tokens;

public sealed class TokenRevocationsTests
{
    [Fact]
    public void IsRevoked_SubjectRevokedAndNoIssueTime_Revoked()
    {
        using var jwt = new JwtFixture();
        jwt.Revocations.RevokeSubject("user-1", jwt.Time.GetUtcNow());

        Assert.True(jwt.Revocations.IsRevoked(Token(jwt) with { IssuedAt = null }));
        Assert.False(jwt.Revocations.IsRevoked(Token(jwt) with { Subject = null }));
    }

    [Fact]
    public void RevokeSubject_EarlierInstantLater_KeepsTheLaterOne()
    {
        using var jwt = new JwtFixture();
        jwt.Revocations.RevokeSubject("user-1", jwt.Time.GetUtcNow());
        jwt.Revocations.RevokeSubject("user-1", jwt.Time.GetUtcNow().AddHours(-1));

        Assert.True(jwt.Revocations.IsRevoked(Token(jwt) with { IssuedAt = jwt.Time.GetUtcNow().AddMinutes(-30) }));
    }

    [Fact]
    public void Count_WhatNoTokenCanMeetAnyMore_IsForgotten()
    {
        using var jwt = new JwtFixture();
        jwt.Revocations.RevokeToken("short", jwt.Time.GetUtcNow().AddMinutes(5));
        jwt.Revocations.RevokeToken("long", jwt.Time.GetUtcNow().AddDays(5));
        jwt.Revocations.RevokeSubject("user-1", jwt.Time.GetUtcNow());

        jwt.Time.Advance(TimeSpan.FromHours(1));
        jwt.Revocations.RevokeToken("another", jwt.Time.GetUtcNow().AddMinutes(5));
        Assert.Equal(3, jwt.Revocations.Count);                          // short is gone

        jwt.Time.Advance(TimeSpan.FromHours(24));
        jwt.Revocations.RevokeToken("one more", jwt.Time.GetUtcNow().AddMinutes(5));
        Assert.Equal(2, jwt.Revocations.Count);                          // long and one more: no token of the subject can be as old
        Assert.True(jwt.Revocations.IsRevoked(Token(jwt) with { Id = "long" }));
    }

    private static ValidatedToken Token(JwtFixture jwt) =>
        new() { Issuer = "i", Subject = "user-1", Id = "t", IssuedAt = jwt.Time.GetUtcNow(), ExpiresAt = jwt.Time.GetUtcNow().AddHours(1) };
}
