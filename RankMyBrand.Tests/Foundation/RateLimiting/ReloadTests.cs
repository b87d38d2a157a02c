using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RankMyBrand.Tests.Gateway.Routing;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

public sealed class ReloadTests : IAsyncLifetime
{
    private RedisServer _redis = null!;
    private LimiterInstance _instance = null!;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);
        _instance = await LimiterInstance.StartAsync(_redis, ("Policies:api:Permits", "3"), ("Policies:api:Window", "01:00:00"));
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

    private void Reload(params (string Key, string Value)[] settings)
    {
        var configuration = (IConfigurationRoot)_instance.Services.GetRequiredService<IConfiguration>();
        foreach (var (key, value) in settings)
            configuration[$"RateLimits:{key}"] = value;
        configuration.Reload();
    }
}
