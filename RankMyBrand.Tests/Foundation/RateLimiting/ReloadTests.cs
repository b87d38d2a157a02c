using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RankMyBrand.Tests.Gateway.Routing;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

public sealed class ReloadTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private RedisServer _redis = null!;
    private LimiterInstance _instance = null!;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);
        _instance = await LimiterInstance.StartAsync(
            _redis, _time, ("Policies:api:Permits", "3"), ("Policies:api:Window", "01:00:00"), ("Policies:slots:Algorithm", "Concurrency"),
            ("Policies:slots:Permits", "2"), ("Policies:window:Algorithm", "SlidingWindow"), ("Policies:window:Permits", "3"),
            ("Policies:window:Window", "01:00:00"));
    }

    public async ValueTask DisposeAsync()
    {
        await _instance.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Reload_ValidConfiguration_IsInForceAtOnce()
    {
        Assert.Equal(3, await _instance.DrainAsync("api"));

        Reload(("Policies:api:Overrides:b:Permits", "7"), ("Policies:new:Permits", "2"));

        Assert.Equal(7, await _instance.DrainAsync("api", "b"));
        Assert.Equal(2, await _instance.DrainAsync("new"));
        Assert.False(await _instance.IsAllowedAsync("api"));
    }

    [Fact]
    public async Task Reload_PolicyIsTheSame_KeepsWhatIsKnown()
    {
        _redis.Kill();
        Assert.Equal(3, await _instance.DrainAsync("api"));

        Reload(("Policies:new:Permits", "2"));

        // A fresh share for every reload would let an outage admit any number.
        Assert.False(await _instance.IsAllowedAsync("api"));
    }

    [Theory]
    [InlineData("api")]
    [InlineData("window")]
    public async Task Reload_PolicyHasOtherNumbersInAnOutage_WhatIsUsedStaysUsed(string policy)
    {
        _redis.Kill();
        Assert.Equal(3, await _instance.DrainAsync(policy));

        Reload(($"Policies:{policy}:Permits", "5"));
        Assert.Equal(2, await _instance.DrainAsync(policy));
        Reload(($"Policies:{policy}:Permits", "4"));
        Assert.False(await _instance.IsAllowedAsync(policy));

        _time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(4, await _instance.DrainAsync(policy));
    }

    [Fact]
    public async Task Reload_PolicyHasOtherNumbersInAnOutage_SlotsThatAreHeldStayHeld()
    {
        using var first = await _instance.CheckAsync("slots");
        var second = await _instance.CheckAsync("slots");
        Assert.True(second.IsAllowed);
        _redis.Kill();
        Assert.False(await _instance.IsAllowedAsync("slots"));

        Reload(("Policies:slots:LeaseDuration", "00:00:20"));

        Assert.False(await _instance.IsAllowedAsync("slots"));
        second.Dispose();
        Assert.Equal(1, await _instance.DrainAsync("slots"));
    }

    [Theory]
    [InlineData("Policies:api:Permits", "0", "RateLimits:Policies:api:Permits is '0'")]
    [InlineData("Policies:api:Permits", "many", "RateLimits:Policies:api:Permits")]
    [InlineData("Policies:api:Wnidow", "00:01:00", "Policies:api:Wnidow is not a setting")]
    public async Task Reload_InvalidConfiguration_KeepsTheOldOneAndSaysWhy(string key, string value, string reason)
    {
        Reload((key, value), ("Policies:new:Permits", "2"));

        Assert.Equal(3, await _instance.DrainAsync("api"));
        Assert.False(_instance.Limiter.HasPolicy("new"));
        Assert.Contains(reason, Assert.Single(_instance.Log.At(LogLevel.Error)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_WithoutAPolicyThatIsInUse_KeepsItUntilItIsNot()
    {
        var settings = new TestConfiguration([("RateLimits:Policies:old:Permits", "2")]);
        ((IConfigurationBuilder)_instance.Services.GetRequiredService<IConfiguration>()).Add(settings);
        Assert.Empty(_instance.Limiter.KeepInUse(["old"]));
        Assert.Equal(2, await _instance.DrainAsync("old"));

        settings.Change(("RateLimits:Policies:old", null), ("RateLimits:Policies:new:Permits", "5"));

        Assert.Equal(["old"], _instance.Limiter.KeepInUse(["old", "new"]));
        Assert.False(await _instance.IsAllowedAsync("old"));
        Assert.Equal(5, await _instance.DrainAsync("new"));
        Assert.Empty(_instance.Limiter.KeepInUse(["new"]));
        Assert.False(_instance.Limiter.HasPolicy("old"));
        Assert.False(await _instance.IsAllowedAsync("new"));
    }

    [Fact]
    public async Task Reload_PolicyGoesOutOfUse_AnswersForAMinuteWhoHadChosenIt()
    {
        var settings = new TestConfiguration([("RateLimits:Policies:old:Permits", "2")]);
        ((IConfigurationBuilder)_instance.Services.GetRequiredService<IConfiguration>()).Add(settings);
        _instance.Limiter.KeepInUse(["old"]);
        Assert.Equal(2, await _instance.DrainAsync("old"));
        settings.Change(("RateLimits:Policies:old", null));

        _instance.Limiter.KeepInUse([]);
        Reload(("Policies:new:Permits", "5"));

        Assert.False(_instance.Limiter.HasPolicy("old"));
        Assert.Equal("", _instance.Limiter.KeyFor("old", default));
        Assert.False(await _instance.IsAllowedAsync("old"));
        Assert.True(await _instance.IsAllowedAsync("old", "b"));
        _time.Advance(TimeSpan.FromSeconds(61));
        await Assert.ThrowsAsync<ArgumentException>(() => _instance.CheckAsync("old").AsTask());
    }

    private void Reload(params (string Key, string Value)[] settings)
    {
        var configuration = (IConfigurationRoot)_instance.Services.GetRequiredService<IConfiguration>();
        foreach (var (key, value) in settings)
            configuration[$"RateLimits:{key}"] = value;
        configuration.Reload();
    }
}
