using System.Globalization;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

/// <summary>Whoever waits as long as he was told is let in: nobody is told too short a wait, by Redis or from memory.</summary>
public sealed class RetryAfterTests : IAsyncLifetime
{
    private const double Hour = 3_600_000;

    private readonly ManualTimeProvider _time = new();
    private RedisServer _redis = null!;

    public async ValueTask InitializeAsync() => _redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Theory]
    [InlineData("Atomic")]
    [InlineData("Leased")]
    public async Task Check_CostsMoreThanWhatWasRefused_TellsItsOwnWait(string mode)
    {
        await using var instance = await StartAsync(mode, "TokenBucket");
        Assert.True(await instance.IsAllowedAsync("api", cost: 10));

        var one = await instance.CheckAsync("api", cost: 1);
        var ten = await instance.CheckAsync("api", cost: 10);
        var eleven = await instance.CheckAsync("api", cost: 11);

        Assert.InRange(one.RetryAfter, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(6));
        Assert.InRange(ten.RetryAfter, TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(60));
        Assert.Equal((RateLimitOutcome.Refused, Timeout.InfiniteTimeSpan), (eleven.Outcome, eleven.RetryAfter));
    }

    [Theory]
    [InlineData("Atomic")]
    [InlineData("Leased")]
    public async Task Check_CostsMoreThanWhatAWindowRefused_TellsItsOwnWait(string mode)
    {
        await using var instance = await StartAsync(mode, "SlidingWindow");
        await SetCountsAsync(instance, "8 0 0 0 2");

        var one = await instance.CheckAsync("api", cost: 1);
        var ten = await instance.CheckAsync("api", cost: 10);
        var oneAgain = await instance.CheckAsync("api", cost: 1);

        // The two come back in the seventh segment from now, the eight in the eleventh.
        Assert.InRange(one.RetryAfter, TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(42));
        Assert.InRange(ten.RetryAfter, TimeSpan.FromMinutes(54), TimeSpan.FromMinutes(66));
        Assert.InRange(oneAgain.RetryAfter, TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(42));
    }

    [Fact]
    public async Task Check_PermitsOfAWindowWereLowered_CountsWhatHasToComeBack()
    {
        await using var instance = await StartAsync("Atomic", "SlidingWindow");
        await SetCountsAsync(instance, "10 0 0 0 10");

        var refused = await instance.CheckAsync("api");

        Assert.InRange(refused.RetryAfter, TimeSpan.FromMinutes(54), TimeSpan.FromMinutes(66));
    }

    [Theory]
    [InlineData("Atomic")]
    [InlineData("Leased")]
    public async Task Check_RefusedFromMemory_TellsWhatIsLeftOfTheWaitThatWasTold(string mode)
    {
        await using var instance = await StartAsync(mode, "TokenBucket");
        await using var control = await ConnectionMultiplexer.ConnectAsync($"{_redis.EndPoint},allowAdmin=true");
        Assert.True(await instance.IsAllowedAsync("api", cost: 10));
        await control.GetDatabase().ExecuteAsync("CLIENT", "PAUSE", "30000", "WRITE");
        var asking = instance.CheckAsync("api").AsTask();
        _time.Advance(TimeSpan.FromSeconds(5));
        await control.GetDatabase().ExecuteAsync("CLIENT", "UNPAUSE");
        var first = await asking;

        var second = await instance.CheckAsync("api");
        _time.Advance(TimeSpan.FromSeconds(1));
        var third = await instance.CheckAsync("api");

        Assert.Equal(first.RetryAfter, second.RetryAfter);
        Assert.Equal(first.ResetAfter, second.ResetAfter);
        Assert.Equal(first.RetryAfter - TimeSpan.FromSeconds(1), third.RetryAfter);
    }

    /// <summary>Sets what was taken in each segment, the present one first.</summary>
    private static async Task SetCountsAsync(LimiterInstance instance, string counts)
    {
        var segment = (long)(await instance.ServerTimeAsync() / (Hour / 10));
        await instance.Database.StringSetAsync(
            "rl:{rl}:api:s3600000.10:a", string.Create(CultureInfo.InvariantCulture, $"{segment} {counts}"), TimeSpan.FromHours(2));
    }

    private Task<LimiterInstance> StartAsync(string mode, string algorithm) => LimiterInstance.StartAsync(
        _redis, _time, ("RedisTimeout", "00:00:20"), ("Policies:api:Permits", "10"), ("Policies:api:Window", "01:00:00"),
        ("Policies:api:Mode", mode), ("Policies:api:Algorithm", algorithm));
}
