using RankMyBrand.Foundation.Security;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Security.Tokens.Revocation;

public sealed class TokenRevokerTests : IAsyncLifetime
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    private RedisServer _redis = null!;
    private ConnectionMultiplexer _connection = null!;
    private TokenRevoker _revoker = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync(Cancellation);
        _connection = await ConnectionMultiplexer.ConnectAsync(_redis.EndPoint);
        _revoker = new TokenRevoker(_connection, new ManualTimeProvider(s_now));
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Theory]
    [InlineData("", "'' is not a jti that a token can have; it must be of 1 to 256 characters, without control characters.")]
    [InlineData("a\nb", "'a\nb' is not a jti that a token can have")]
    public async Task RevokeToken_IdThatNoneCanHave_SaysSo(string id, string message)
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => _revoker.RevokeTokenAsync(id, s_now.AddHours(1), Cancellation));

        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        await AssertNothingAsync();
    }

    [Fact]
    public async Task RevokeToken_TooLongId_SaysSo()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _revoker.RevokeTokenAsync(new string('a', 257), s_now.AddHours(1), Cancellation));
        await AssertNothingAsync();
    }

    [Fact]
    public async Task RevokeToken_ExpiredLongAgo_SaysSo()
    {
        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => _revoker.RevokeTokenAsync("token", DateTimeOffset.UnixEpoch.AddDays(1), Cancellation));

        Assert.StartsWith(
            "The token 'token' expired at 1970-01-02 00:00:00Z, and it is 2026-11-29 12:00:00Z: there is nothing to revoke. "
            + "Pass the token's exp.",
            error.Message,
            StringComparison.Ordinal);
        await AssertNothingAsync();
    }

    [Fact]
    public async Task RevokeToken_HugeOrJustExpired_IsTaken()
    {
        await _revoker.RevokeTokenAsync("for ever", DateTimeOffset.MaxValue, Cancellation);
        await _revoker.RevokeTokenAsync("just expired", s_now.AddMinutes(-1), Cancellation);

        Assert.Equal(2, await _connection.GetDatabase().SortedSetLengthAsync("tokens:{revoked}:ids"));
    }

    [Fact]
    public async Task RevokeSubject_NoneOrInTheFuture_SaysSo()
    {
        var none = await Assert.ThrowsAsync<ArgumentException>(() => _revoker.RevokeSubjectAsync("", s_now, Cancellation));
        var future = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => _revoker.RevokeSubjectAsync("user", s_now.AddDays(1), Cancellation));

        Assert.StartsWith("'' is not a sub that a token can have", none.Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "The tokens of 'user' cannot be revoked until 2026-11-30 12:00:00Z, for it is 2026-11-29 12:00:00Z: "
            + "those to come would be refused, too. Pass the present time, or an earlier one.",
            future.Message,
            StringComparison.Ordinal);
        await AssertNothingAsync();
    }

    [Fact]
    public async Task Revoke_RedisIsAway_Throws()
    {
        _redis.Kill();

        await Assert.ThrowsAnyAsync<Exception>(() => _revoker.RevokeTokenAsync("token", s_now.AddHours(1), Cancellation));
    }

    private async Task AssertNothingAsync() => Assert.False(await _connection.GetDatabase().KeyExistsAsync("tokens:{revoked}:version"));
}
