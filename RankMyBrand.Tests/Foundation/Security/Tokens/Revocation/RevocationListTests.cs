using Microsoft.Extensions.Logging;
using RankMyBrand.Foundation.Security;
using RankMyBrand.Tests.Foundation.Events.Consuming;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Security.Tokens.Revocation;

/// <summary>What one service revokes is refused by another, by way of a real Redis.</summary>
public sealed class RevocationListTests : IAsyncLifetime
{
    private const string Ids = "tokens:{revoked}:ids";
    private const string Subjects = "tokens:{revoked}:subjects";
    private const string Version = "tokens:{revoked}:version";

    private readonly JwtFixture _jwt = new();
    private RedisServer _redis = null!;
    private ConnectionMultiplexer _connection = null!;
    private TokenRevoker _revoker = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static DateTimeOffset Now => DateTimeOffset.UtcNow;

    private IDatabase Database => _connection.GetDatabase();

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync(Cancellation);
        _connection = await ConnectionMultiplexer.ConnectAsync(_redis.EndPoint);
        _revoker = new TokenRevoker(_connection, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _redis.DisposeAsync();
        _jwt.Dispose();
    }

    [Fact]
    public async Task RevokeToken_IsRefusedByEveryService()
    {
        await using var one = await ValidatingService.StartAsync(_redis.EndPoint, _jwt);
        await using var other = await ValidatingService.StartAsync(_redis.EndPoint, _jwt);
        Assert.Equal(JwtRefusal.None, await one.ValidateAsync("stolen"));

        await _revoker.RevokeTokenAsync("stolen", Now.AddHours(1), Cancellation);

        await Eventually.TrueAsync(() => one.IsRefusedAsync("stolen"));
        await Eventually.TrueAsync(() => other.IsRefusedAsync("stolen"));
        Assert.Equal(JwtRefusal.None, await other.ValidateAsync("another"));
    }

    /// <summary>With a clock that stands still no second passes after which the list would be looked at.</summary>
    [Fact]
    public async Task Revocation_BetweenTwoLooks_IsTakenFromItsMessage()
    {
        await using var service = await ValidatingService.StartAsync(_redis.EndPoint, _jwt, new ManualTimeProvider(Now));

        await _revoker.RevokeTokenAsync("with a space", Now.AddHours(1), Cancellation);
        await _revoker.RevokeSubjectAsync("user", Now, Cancellation);

        await Eventually.TrueAsync(() => service.IsRefusedAsync("with a space"));
        await Eventually.TrueAsync(() => service.IsRefusedAsync("old", "user", Now.AddMinutes(-1)));
    }

    [Fact]
    public async Task RevokeSubject_RefusesWhatWasIssuedBeforeAndNothingElse()
    {
        await using var service = await ValidatingService.StartAsync(_redis.EndPoint, _jwt);

        await _revoker.RevokeSubjectAsync("a user", Now, Cancellation);

        await Eventually.TrueAsync(() => service.IsRefusedAsync("old", "a user", Now.AddMinutes(-1)));
        Assert.Equal(JwtRefusal.None, await service.ValidateAsync("new", "a user", Now.AddSeconds(2)));
        Assert.Equal(JwtRefusal.None, await service.ValidateAsync("other", "another user", Now.AddMinutes(-1)));
    }

    [Fact]
    public async Task RevokeSubject_WithAnEarlierInstant_KeepsTheLaterOne()
    {
        var later = Now;
        await _revoker.RevokeSubjectAsync("user", later, Cancellation);
        await _revoker.RevokeSubjectAsync("user", later.AddHours(-1), Cancellation);

        Assert.Equal(later.ToUnixTimeMilliseconds() / 1000.0, await Database.SortedSetScoreAsync(Subjects, "user"));
    }

    [Fact]
    public async Task Revocation_FromBeforeTheStart_CountsFromTheFirstTokenOn()
    {
        await _revoker.RevokeTokenAsync("stolen", Now.AddHours(1), Cancellation);
        await _revoker.RevokeSubjectAsync("user", Now, Cancellation);

        await using var service = await ValidatingService.StartAsync(_redis.EndPoint, _jwt);

        Assert.True(await service.IsRefusedAsync("stolen"));
        Assert.True(await service.IsRefusedAsync("old", "user", Now.AddMinutes(-1)));
    }

    [Fact]
    public async Task Revocation_ByZAddAlone_Counts()
    {
        await using var service = await ValidatingService.StartAsync(_redis.EndPoint, _jwt);

        await Database.SortedSetAddAsync(Ids, "by hand", Now.AddHours(1).ToUnixTimeSeconds());

        await Eventually.TrueAsync(() => service.IsRefusedAsync("by hand"));
    }

    [Fact]
    public async Task Subject_OfTheListRaisedAndCounted_Counts()
    {
        await _revoker.RevokeSubjectAsync("user", Now.AddHours(-2), Cancellation);
        await using var service = await ValidatingService.StartAsync(_redis.EndPoint, _jwt);
        Assert.Equal(JwtRefusal.None, await service.ValidateAsync("old", "user", Now.AddHours(-1)));

        await Database.SortedSetAddAsync(Subjects, "user", Now.ToUnixTimeSeconds());
        await Database.StringIncrementAsync(Version);

        await Eventually.TrueAsync(() => service.IsRefusedAsync("old", "user", Now.AddHours(-1)));
    }

    [Fact]
    public async Task Revocations_ManyAtOnce_AllCount()
    {
        await using var service = await ValidatingService.StartAsync(_redis.EndPoint, _jwt);

        var expiry = Now.AddHours(1);
        await Task.WhenAll(Enumerable.Range(0, 3000).Select(i => _revoker.RevokeTokenAsync($"token {i}", expiry, Cancellation)));

        await Eventually.TrueAsync(() => service.Count == 3000);
        Assert.True(await service.IsRefusedAsync("token 2999"));
        await using var later = await ValidatingService.StartAsync(_redis.EndPoint, _jwt);
        Assert.Equal(3000, later.Count);
    }

    [Fact]
    public async Task Revocation_WhileCutOffFromRedis_CountsAfterTheReturn()
    {
        await using var way = new GatedProxy(_redis.Port);
        await using var service = await ValidatingService.StartAsync(way.EndPoint, _jwt);
        await _revoker.RevokeTokenAsync("before", Now.AddHours(1), Cancellation);
        await Eventually.TrueAsync(() => service.IsRefusedAsync("before"));

        way.Close();
        await _revoker.RevokeTokenAsync("meanwhile", Now.AddHours(1), Cancellation);
        await Eventually.TrueAsync(() => Logged(service, LogLevel.Warning, "cannot be read") == 1);
        Assert.True(await service.IsRefusedAsync("before"));
        Assert.Equal(JwtRefusal.None, await service.ValidateAsync("meanwhile"));
        way.Open();

        await Eventually.TrueAsync(() => service.IsRefusedAsync("meanwhile"));
        // And by a message again, on the new connection.
        await _revoker.RevokeTokenAsync("after", Now.AddHours(1), Cancellation);
        await Eventually.TrueAsync(() => service.IsRefusedAsync("after"));
        Assert.Equal(1, Logged(service, LogLevel.Warning, "cannot be read"));
        Assert.Equal(1, Logged(service, LogLevel.Information, "is read again"));
    }

    [Fact]
    public async Task Start_WithoutRedis_GoesOnAndCatchesUp()
    {
        await using var way = new GatedProxy(_redis.Port);
        way.Close();
        await _revoker.RevokeTokenAsync("stolen", Now.AddHours(1), Cancellation);
        await using var service = await ValidatingService.StartAsync(way.EndPoint, _jwt);
        Assert.Equal(JwtRefusal.None, await service.ValidateAsync("stolen"));

        way.Open();

        await Eventually.TrueAsync(() => service.IsRefusedAsync("stolen"));
    }

    [Fact]
    public async Task Entries_ThatNoTokenCanMeet_AreRemovedAtTheStart()
    {
        await Database.SortedSetAddAsync(Ids, [
            new("long ago", Now.AddHours(-2).ToUnixTimeSeconds()), new("just now", Now.AddMinutes(-2).ToUnixTimeSeconds()),
            new("junk", double.NegativeInfinity), new("good", Now.AddHours(1).ToUnixTimeSeconds()),
        ]);
        await Database.SortedSetAddAsync(Subjects, [
            new("long ago", Now.AddDays(-32).ToUnixTimeSeconds()), new("good", Now.AddDays(-30).ToUnixTimeSeconds()),
        ]);

        await using var service = await ValidatingService.StartAsync(_redis.EndPoint, _jwt);

        Assert.Equal(["just now", "good"], (await Database.SortedSetRangeByRankAsync(Ids)).Select(member => member.ToString()));
        Assert.Equal(["good"], (await Database.SortedSetRangeByRankAsync(Subjects)).Select(member => member.ToString()));
        // The subject stays in the list for others; here no token can be so old.
        Assert.Equal(1, service.Count);
    }

    [Fact]
    public async Task Entries_SeenByAServiceWhoseClockIsWrong_StayForTheOthers()
    {
        await _revoker.RevokeTokenAsync("stolen", Now.AddHours(1), Cancellation);
        await _revoker.RevokeSubjectAsync("user", Now, Cancellation);

        await using var ahead = await ValidatingService.StartAsync(_redis.EndPoint, _jwt, new ManualTimeProvider(Now.AddDays(40)));

        await using var other = await ValidatingService.StartAsync(_redis.EndPoint, _jwt);
        Assert.True(await other.IsRefusedAsync("stolen"));
        Assert.True(await other.IsRefusedAsync("old", "user", Now.AddMinutes(-1)));
    }

    [Fact]
    public async Task Subjects_WhereTokensLiveForEver_AreKept()
    {
        await Database.SortedSetAddAsync(Subjects, "user", Now.AddDays(-400).ToUnixTimeSeconds());

        await using var service = await ValidatingService.StartAsync(_redis.EndPoint, _jwt, ("Security:Jwt:MaxLifetime", "00:00:00"));

        Assert.True(await service.IsRefusedAsync("old", "user", Now.AddDays(-401)));
        Assert.Equal(1, await Database.SortedSetLengthAsync(Subjects));
    }

    [Fact]
    public async Task Junk_InTheList_HarmsNothing()
    {
        await Database.SortedSetAddAsync(Ids, [
            new("", 1e12), new(new string('a', 1000), 1e12), new("a\nb", 1e12), new("endless", double.PositiveInfinity),
            new("huge", 1.7e308),
            new("milliseconds", Now.AddHours(1).ToUnixTimeMilliseconds()), new("below zero", -1e300),
        ]);
        await Database.SortedSetAddAsync(Subjects, [
            new("", 1e9), new("endless", double.PositiveInfinity), new("milliseconds", Now.ToUnixTimeMilliseconds()), new("below zero", -5),
        ]);

        await using var service = await ValidatingService.StartAsync(_redis.EndPoint, _jwt);

        foreach (var id in new[] { "endless", "huge", "milliseconds" })
            Assert.True(await service.IsRefusedAsync(id));
        Assert.Equal(JwtRefusal.None, await service.ValidateAsync("below zero", "below zero"));
        // Nobody is locked out for ever; what he had is revoked.
        Assert.True(await service.IsRefusedAsync("old", "milliseconds", Now.AddMinutes(-1)));
        Assert.Equal(JwtRefusal.None, await service.ValidateAsync("new", "milliseconds", Now.AddSeconds(2)));
        Assert.Equal(1, Logged(service, LogLevel.Warning, "The revocation of the subject 'milliseconds' has the score"));
        Assert.Equal(2, Logged(service, LogLevel.Warning, "which lies in the future; it must be in Unix seconds."));
    }

    [Fact]
    public async Task Junk_OnTheChannel_HarmsNothing()
    {
        await using var service = await ValidatingService.StartAsync(_redis.EndPoint, _jwt);

        foreach (var message in new[] { "", "1", "a b 1 nan x", "a b 3 1 x", "a b 1 1e999 ", "a b 2 x y", new string(' ', 10) })
            await Database.PublishAsync(RedisChannel.Literal("tokens:{revoked}:changed"), message);
        await _revoker.RevokeTokenAsync("stolen", Now.AddHours(1), Cancellation);

        await Eventually.TrueAsync(() => service.IsRefusedAsync("stolen"));
        Assert.Equal(1, service.Count);
    }

    [Fact]
    public async Task Key_OfAnotherType_IsLoggedOnceAndHarmsNothing()
    {
        await Database.StringSetAsync(Ids, "no sorted set");
        await using var service = await ValidatingService.StartAsync(_redis.EndPoint, _jwt);

        Assert.Equal(JwtRefusal.None, await service.ValidateAsync("stolen"));
        Assert.Equal(1, Logged(service, LogLevel.Warning, "WRONGTYPE"));
        var refused = await Assert.ThrowsAnyAsync<RedisException>(
            () => _revoker.RevokeTokenAsync("stolen", Now.AddHours(1), Cancellation));
        Assert.Contains("WRONGTYPE", refused.Message, StringComparison.Ordinal);

        await Database.KeyDeleteAsync(Ids);
        await _revoker.RevokeTokenAsync("stolen", Now.AddHours(1), Cancellation);
        await Eventually.TrueAsync(() => service.IsRefusedAsync("stolen"));
        Assert.Equal(1, Logged(service, LogLevel.Warning, "WRONGTYPE"));
    }

    private static int Logged(ValidatingService service, LogLevel level, string text) =>
        service.Log.At(level).Count(line => line.Contains(text, StringComparison.Ordinal));
}
