using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

public sealed class ConcurrencyTests : IAsyncLifetime
{
    private RedisServer _redis = null!;

    public async ValueTask InitializeAsync() => _redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task Check_SlotsAreTaken_RefusesUntilOneIsReleased()
    {
        await using var instance = await StartAsync();
        var first = await instance.CheckAsync("slots");
        var second = await instance.CheckAsync("slots");

        var third = await instance.CheckAsync("slots");
        first.Dispose();
        first.Dispose();
        var fourth = await instance.CheckAsync("slots");
        var fifth = await instance.CheckAsync("slots");

        Assert.Equal((true, 2, 1), (first.IsAllowed, first.Limit, first.Remaining));
        Assert.Equal(0, second.Remaining);
        Assert.Equal((false, "slots", TimeSpan.FromSeconds(1)), (third.IsAllowed, third.RefusedBy, third.RetryAfter));
        Assert.True(fourth.IsAllowed);
        Assert.False(fifth.IsAllowed);
    }

    [Fact]
    public async Task Check_RefusedByAnotherLimit_LeavesNoSlotTaken()
    {
        await using var instance = await StartAsync();
        await instance.DrainAsync("rate");

        for (var i = 0; i < 5; i++)
            Assert.Equal("rate", (await instance.CheckAsync(new RateLimitRequest("slots", "a"), new RateLimitRequest("rate", "a"))).RefusedBy);

        Assert.Equal(2, await instance.DrainAsync("slots"));
    }

    [Fact]
    public async Task Slot_HeldLongerThanItsLease_IsRenewed()
    {
        await using var instance = await StartAsync();
        using var held = await instance.CheckAsync("slots", cost: 2);
        var watch = Stopwatch.StartNew();

        while (watch.Elapsed < TimeSpan.FromSeconds(4))
        {
            Assert.False(await instance.IsAllowedAsync("slots"));
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Slot_OfACrashedHolder_ComesBack()
    {
        var crashing = await StartAsync();
        await using var instance = await StartAsync();
        await crashing.CheckAsync("slots", cost: 2);
        Assert.False(await instance.IsAllowedAsync("slots"));

        await crashing.CrashAsync();

        var watch = Stopwatch.StartNew();
        while (!await instance.IsAllowedAsync("slots"))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "The slots did not come back.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        await crashing.DisposeAsync();
    }

    [Fact]
    public async Task Slot_RedisHasLostEverything_IsEnteredAgain()
    {
        await using var instance = await StartAsync();
        using var held = await instance.CheckAsync("slots", cost: 2);

        await instance.Database.ExecuteAsync("FLUSHALL");

        var watch = Stopwatch.StartNew();
        while ((long)await instance.Database.ExecuteAsync("ZCARD", (StackExchange.Redis.RedisKey)"rl:{rl}:slots:c:a") != 2)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "The slots were not entered again.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.False(await instance.IsAllowedAsync("slots"));
    }

    [Fact]
    public async Task Check_RedisIsAway_GivesOutTheInstancesShareAndEntersItLater()
    {
        await using var instance = await StartAsync();
        Assert.True(await instance.IsAllowedAsync("warm"));
        _redis.Kill();

        var first = await instance.CheckAsync("slots");
        var second = await instance.CheckAsync("slots");
        var third = await instance.CheckAsync("slots");
        second.Dispose();
        var fourth = await instance.CheckAsync("slots");

        Assert.Equal((true, true, false, true), (first.IsAllowed, second.IsAllowed, third.IsAllowed, fourth.IsAllowed));
        await _redis.RestartAsync(TestContext.Current.CancellationToken);
        var watch = Stopwatch.StartNew();
        while ((long)await WhenUpAsync(instance) != 2)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "The slots were not entered.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Reload_LeaseDurationIsLowered_SlotsThatAreHeldStay()
    {
        await using var instance = await LimiterInstance.StartAsync(
            _redis, ("Policies:slots:Algorithm", "Concurrency"), ("Policies:slots:Permits", "2"),
            ("Policies:slots:LeaseDuration", "01:00:00"));
        using var held = await instance.CheckAsync("slots");
        var configuration = (IConfigurationRoot)instance.Services.GetRequiredService<IConfiguration>();
        configuration["RateLimits:Policies:slots:LeaseDuration"] = "00:00:01";
        configuration.Reload();

        using var brief = await instance.CheckAsync("slots");
        Assert.True(await LifetimeAsync() > TimeSpan.FromMinutes(50));

        // And after the one of a second was renewed.
        var entered = await LastsUntilAsync();
        var watch = Stopwatch.StartNew();
        while (await LastsUntilAsync() == entered)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "The slot was not renewed.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.True(await LifetimeAsync() > TimeSpan.FromMinutes(50));

        Task<TimeSpan?> LifetimeAsync() => instance.Database.KeyTimeToLiveAsync("rl:{rl}:slots:c:a");

        async Task<double> LastsUntilAsync() =>
            (await instance.Database.SortedSetRangeByRankWithScoresAsync("rl:{rl}:slots:c:a", 0, 0))[0].Score;
    }

    private static async Task<StackExchange.Redis.RedisResult> WhenUpAsync(LimiterInstance instance) =>
        await instance.Database.ExecuteAsync("ZCARD", (StackExchange.Redis.RedisKey)"rl:{rl}:slots:c:a");

    private Task<LimiterInstance> StartAsync() => LimiterInstance.StartAsync(
        _redis,
        ("ProbeInterval", "00:00:00.100"),
        ("Policies:slots:Algorithm", "Concurrency"),
        ("Policies:slots:Permits", "2"),
        ("Policies:slots:LeaseDuration", "00:00:01.500"),
        ("Policies:warm:Permits", "1"),
        ("Policies:rate:Permits", "1"),
        ("Policies:rate:Window", "01:00:00"));
}
