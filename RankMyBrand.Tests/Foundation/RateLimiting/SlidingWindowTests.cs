using System.Diagnostics;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

public sealed class SlidingWindowTests : IAsyncLifetime
{
    private RedisServer _redis = null!;

    public async ValueTask InitializeAsync() => _redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Theory]
    [InlineData("Atomic")]
    [InlineData("Leased")]
    public async Task Check_UnderConstantLoad_NoSpanOfAWindowSeesMoreThanTheLimit(string mode)
    {
        const int Limit = 20;
        const double Window = 500;
        await using var instance = await LimiterInstance.StartAsync(
            _redis, ("Policies:api:Algorithm", "SlidingWindow"), ("Policies:api:Permits", $"{Limit}"),
            ("Policies:api:Window", "00:00:00.500"), ("Policies:api:Mode", mode), ("Policies:api:BlockSize", "4"));
        var admissions = new List<(double Before, double After)>();
        var end = await instance.ServerTimeAsync() + 3000;

        // Hammers for six windows, and so over every boundary.
        for (var before = 0.0; before < end;)
        {
            before = await instance.ServerTimeAsync();
            if (await instance.IsAllowedAsync("api"))
                admissions.Add((before, await instance.ServerTimeAsync()));
        }

        for (var i = Limit; i < admissions.Count; i++)
        {
            // The later one was admitted before its After, the earlier one after its Before.
            var span = admissions[i].After - admissions[i - Limit].Before;
            Assert.True(span >= Window, $"{Limit + 1} requests were admitted within {span} ms.");
        }

        // And it does admit: a permit comes back after a window and at most one of its ten segments.
        Assert.InRange(admissions.Count, Limit * 3, Limit * 7);
    }

    [Fact]
    public async Task Check_BurstAtTheEndOfASegment_DoesNotComeBackAtTheBoundary()
    {
        await using var instance = await LimiterInstance.StartAsync(
            _redis, ("Policies:api:Algorithm", "SlidingWindow"), ("Policies:api:Permits", "5"), ("Policies:api:Window", "00:00:01"));
        // The last moment of a whole second is where a fixed window would start anew.
        while (await instance.ServerTimeAsync() % 1000 < 950)
            await Task.Delay(5, TestContext.Current.CancellationToken);

        Assert.Equal(5, await instance.DrainAsync("api"));
        var refused = await instance.CheckAsync("api");
        await Task.Delay(100, TestContext.Current.CancellationToken);

        Assert.False(await instance.IsAllowedAsync("api"));
        Assert.InRange(refused.RetryAfter, TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(1100));
        await Task.Delay(refused.RetryAfter, TestContext.Current.CancellationToken);
        Assert.True(await instance.IsAllowedAsync("api"));
    }

    [Fact]
    public async Task Check_TheServersClockWentBack_IsRefusedForAWindowAndASegmentAtMost()
    {
        await using var instance = await LimiterInstance.StartAsync(
            _redis, ("Policies:api:Algorithm", "SlidingWindow"), ("Policies:api:Permits", "5"), ("Policies:api:Window", "00:00:01"));
        // What was taken was taken an hour ahead of the present.
        var segment = (long)((await instance.ServerTimeAsync() + 3_600_000) / 100);
        await instance.Database.StringSetAsync("rl:{rl}:api:s1000.10:a", $"{segment} 2 3", TimeSpan.FromHours(2));

        var refused = await instance.CheckAsync("api");

        Assert.False(refused.IsAllowed);
        Assert.InRange(refused.RetryAfter, TimeSpan.FromMilliseconds(900), TimeSpan.FromMilliseconds(1100));
        for (var watch = Stopwatch.StartNew(); !await instance.IsAllowedAsync("api", cost: 5);)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "It did not come back.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Check_TakenBitByBit_ComesBackBitByBit()
    {
        await using var instance = await LimiterInstance.StartAsync(
            _redis, ("Policies:api:Algorithm", "SlidingWindow"), ("Policies:api:Permits", "10"), ("Policies:api:Window", "00:00:02"));

        Assert.True(await instance.IsAllowedAsync("api", cost: 4));
        await Task.Delay(1000, TestContext.Current.CancellationToken);
        Assert.True(await instance.IsAllowedAsync("api", cost: 6));
        var refused = await instance.CheckAsync("api", cost: 4);
        Assert.False(refused.IsAllowed);
        Assert.InRange(refused.RetryAfter, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1200));
        Assert.True(refused.ResetAfter > refused.RetryAfter);

        await Task.Delay(refused.RetryAfter + TimeSpan.FromMilliseconds(5), TestContext.Current.CancellationToken);

        var next = await instance.CheckAsync("api", cost: 4);
        Assert.True(next.IsAllowed);
    }

    [Fact]
    public async Task Check_WhatWasTaken_IsForgottenInRedisWhenAllOfItIsBack()
    {
        await using var instance = await LimiterInstance.StartAsync(
            _redis, ("Policies:api:Algorithm", "SlidingWindow"), ("Policies:api:Permits", "10"), ("Policies:api:Window", "01:00:00"));

        var result = await instance.CheckAsync("api");

        var left = await instance.Database.KeyTimeToLiveAsync("rl:{rl}:api:s3600000.10:a");
        Assert.InRange(left ?? TimeSpan.MaxValue, TimeSpan.FromMinutes(59), result.ResetAfter);
    }
}
