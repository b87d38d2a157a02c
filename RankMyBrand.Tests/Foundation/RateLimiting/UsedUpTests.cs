using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Foundation.RateLimiting.Leased;
using RankMyBrand.Foundation.RateLimiting.Local;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

/// <summary>What an instance knows of a limit without a charge.</summary>
public sealed class UsedUpTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private RedisServer _redis = null!;

    public async ValueTask InitializeAsync() => _redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Theory]
    [InlineData("Atomic", "TokenBucket")]
    [InlineData("Atomic", "SlidingWindow")]
    [InlineData("Leased", "TokenBucket")]
    public async Task IsUsedUp_AfterARefusal_IsTrueAndChargesNothing(string mode, string algorithm)
    {
        await using var instance = await StartAsync(("Mode", mode), ("Algorithm", algorithm));

        for (var i = 0; i < 10; i++)
            Assert.False(instance.Limiter.IsUsedUp("api", "a", out _));
        Assert.Equal(3, await instance.DrainAsync("api"));

        Assert.True(instance.Limiter.IsUsedUp("api", "a", out var refusal));
        Assert.Equal(RateLimitOutcome.Refused, refusal.Outcome);
        Assert.Equal("api", refusal.RefusedBy);
        Assert.True(refusal.RetryAfter > TimeSpan.Zero);
        Assert.False(instance.Limiter.IsUsedUp("api", "b", out _));
    }

    [Theory]
    [InlineData("Atomic", "TokenBucket")]
    [InlineData("Atomic", "SlidingWindow")]
    [InlineData("Leased", "TokenBucket")]
    [InlineData("Leased", "SlidingWindow")]
    public async Task IsUsedUp_LongAfterTheRefusal_IsTrueUntilTheWaitThatWasTold(string mode, string algorithm)
    {
        await using var instance = await StartAsync(("Mode", mode), ("Algorithm", algorithm));
        await instance.DrainAsync("api");
        var told = (await instance.CheckAsync("api")).RetryAfter;
        Assert.True(told > TimeSpan.FromMinutes(10));

        _time.Advance(told - TimeSpan.FromSeconds(2));
        Sweep(instance);

        Assert.True(instance.Limiter.IsUsedUp("api", "a", out var refusal));
        Assert.InRange(refusal.RetryAfter, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(instance.Limiter.IsUsedUp("api", "a", out _));
    }

    [Theory]
    [InlineData("Atomic")]
    [InlineData("Leased")]
    public async Task IsUsedUp_LimitWasResetByHand_IsFalseOnceACheckHasSeenIt(string mode)
    {
        await using var instance = await StartAsync(("Mode", mode));
        await instance.DrainAsync("api");

        await instance.Database.ExecuteAsync("FLUSHALL");
        Assert.False(await instance.IsAllowedAsync("api"));
        _time.Advance(TimeSpan.FromSeconds(11));

        Assert.True(instance.Limiter.IsUsedUp("api", "a", out _));
        Assert.True(await instance.IsAllowedAsync("api"));
        Assert.False(instance.Limiter.IsUsedUp("api", "a", out _));
    }

    [Fact]
    public async Task IsUsedUp_MoreKeysThanThereIsRoomFor_MakesRoom()
    {
        await using var instance = await LimiterInstance.StartAsync(
            _redis, _time, ("MaxLocalKeys", "1"), ("Policies:api:Permits", "3"), ("Policies:api:Window", "01:00:00"));
        await instance.DrainAsync("api");
        await instance.DrainAsync("api", "b");
        Assert.False(instance.Limiter.IsUsedUp("api", "b", out _));

        _time.Advance(TimeSpan.FromSeconds(11));
        Sweep(instance);
        await instance.DrainAsync("api", "b");

        Assert.True(instance.Limiter.IsUsedUp("api", "b", out _));
    }

    [Fact]
    public async Task IsUsedUp_OnAnotherInstance_IsKnownAfterItsOwnRefusal()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        Assert.Equal(3, await one.DrainAsync("api"));

        Assert.False(two.Limiter.IsUsedUp("api", "a", out _));
        Assert.False(await two.IsAllowedAsync("api"));

        Assert.True(two.Limiter.IsUsedUp("api", "a", out _));
    }

    [Fact]
    public async Task IsUsedUp_WithoutRedis_GoesByTheLocalLimit()
    {
        await using var instance = await StartAsync();
        Assert.True(await instance.IsAllowedAsync("api"));
        _redis.Kill();

        Assert.Equal(3, await instance.DrainAsync("api"));

        Assert.True(instance.Limiter.IsUsedUp("api", "a", out _));
        Assert.False(instance.Limiter.IsUsedUp("api", "b", out _));
        Assert.Equal(3, await instance.DrainAsync("api", "b"));
    }

    private static void Sweep(LimiterInstance instance)
    {
        instance.Services.GetRequiredService<BlockedLimits>().Sweep();
        instance.Services.GetRequiredService<LeasedLimits>().Sweep();
    }

    private Task<LimiterInstance> StartAsync(params (string Key, string Value)[] settings) => LimiterInstance.StartAsync(
        _redis,
        _time,
        [("Policies:api:Permits", "3"), ("Policies:api:Window", "01:00:00"), .. settings.Select(setting => ($"Policies:api:{setting.Key}", setting.Value))]);
}
