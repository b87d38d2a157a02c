using System.Net;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

public sealed class SeveralLimitsTests : IAsyncLifetime
{
    private RedisServer _redis = null!;

    public async ValueTask InitializeAsync() => _redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Theory]
    [InlineData("Atomic", "Atomic")]
    [InlineData("Leased", "Leased")]
    [InlineData("Leased", "Atomic")]
    [InlineData("Atomic", "Leased")]
    public async Task Check_OneLimitRefuses_TheOthersKeepTheirTokens(string ofKey, string ofRoute)
    {
        await using var instance = await StartAsync(ofKey, ofRoute);
        RateLimitRequest[] both = [new("key", "a"), new("route", "/x")];

        // The route lets four pass; the fifth and all others cost the key nothing.
        var outcomes = new List<RateLimitResult>();
        for (var i = 0; i < 20; i++)
            outcomes.Add(await instance.CheckAsync(both));

        Assert.Equal(4, outcomes.Count(result => result.IsAllowed));
        Assert.Equal(2, outcomes[0].Count);
        Assert.Equal("route", outcomes[10].RefusedBy);
        Assert.Equal(6, await instance.DrainAsync("key", "a"));
    }

    [Fact]
    public async Task Check_OneLimitRefuses_TellsWhichAndHowLong()
    {
        await using var instance = await StartAsync("Atomic", "Atomic");
        await instance.DrainAsync("route", "/x");

        var result = await instance.CheckAsync(new RateLimitRequest("key", "a"), new RateLimitRequest("route", "/x"));

        Assert.Equal((false, "route", 4, 0), (result.IsAllowed, result.RefusedBy, result.Limit, result.Remaining));
        Assert.InRange(result.RetryAfter, TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(15));
    }

    [Fact]
    public async Task Check_BothRefuse_TellsTheLongerWait()
    {
        await using var instance = await StartAsync("Atomic", "Atomic");
        RateLimitRequest[] both = [new("key", "a"), new("minute", "a")];
        Assert.True((await instance.CheckAsync(both[0] with { Cost = 10 }, both[1])).IsAllowed);

        var result = await instance.CheckAsync(both);

        Assert.Equal("key", result.RefusedBy);
        Assert.True(result[0].IsRefused && result[1].IsRefused);
    }

    [Theory]
    [InlineData("Atomic", "Atomic")]
    [InlineData("Leased", "Leased")]
    [InlineData("Leased", "Atomic")]
    [InlineData("Atomic", "Leased")]
    public async Task Check_BothAreKnownToRefuse_TellsTheLongerWait(string ofKey, string ofRoute)
    {
        await using var instance = await StartAsync(ofKey, ofRoute);
        await instance.DrainAsync("key");
        await instance.DrainAsync("route");

        // The key waits six minutes, the route fifteen.
        foreach (var order in new RateLimitRequest[][] { [new("key", "a"), new("route", "a")], [new("route", "a"), new("key", "a")] })
        {
            var result = await instance.CheckAsync(order);

            Assert.Equal(("route", 2), (result.RefusedBy, result.Count));
            Assert.InRange(result.RetryAfter, TimeSpan.FromMinutes(7), TimeSpan.FromMinutes(15));
        }
    }

    [Fact]
    public async Task Check_BothRefuseWithoutRedis_TellsTheLongerWait()
    {
        await using var instance = await StartAsync("Atomic", "Atomic");
        _redis.Kill();
        await instance.DrainAsync("key");
        await instance.DrainAsync("route");

        var result = await instance.CheckAsync(new RateLimitRequest("key", "a"), new RateLimitRequest("route", "a"));

        Assert.Equal("route", result.RefusedBy);
        Assert.InRange(result.RetryAfter, TimeSpan.FromMinutes(7), TimeSpan.FromMinutes(15));
    }

    [Fact]
    public async Task Check_OneLimitRefusesWithoutRedis_TheOthersKeepTheirTokensAndSlots()
    {
        await using var instance = await LimiterInstance.StartAsync(
            _redis,
            ("Policies:key:Permits", "10"),
            ("Policies:key:Window", "01:00:00"),
            ("Policies:window:Algorithm", "SlidingWindow"),
            ("Policies:window:Permits", "10"),
            ("Policies:window:Window", "01:00:00"),
            ("Policies:slots:Algorithm", "Concurrency"),
            ("Policies:slots:Permits", "2"),
            ("Policies:route:Permits", "1"),
            ("Policies:route:Window", "01:00:00"));
        _redis.Kill();
        await instance.DrainAsync("route");

        for (var i = 0; i < 20; i++)
        {
            var result = await instance.CheckAsync([new("key", "a"), new("window", "a"), new("slots", "a"), new("route", "a")]);
            Assert.Equal("route", result.RefusedBy);
        }

        Assert.Equal((10, 10), (await instance.DrainAsync("key"), await instance.DrainAsync("window")));
        Assert.Equal(2, await instance.DrainAsync("slots"));
    }

    [Fact]
    public async Task Check_AllAllow_TellsTheTightest()
    {
        await using var instance = await StartAsync("Atomic", "Atomic");

        var result = await instance.CheckAsync(new RateLimitRequest("key", "a"), new RateLimitRequest("route", "/x", 3));

        Assert.Equal(("route", 1), (result.Tightest.Policy, result.Remaining));
    }

    [Fact]
    public async Task Check_SeveralLimits_IsOneCallOfRedis()
    {
        await using var instance = await StartAsync("Atomic", "Atomic");
        await instance.CheckAsync("key", "warm");
        await instance.Database.ExecuteAsync("CONFIG", "RESETSTAT");

        await instance.CheckAsync(new RateLimitRequest("key", "a"), new RateLimitRequest("route", "/x"), new RateLimitRequest("minute", "a"));

        var stats = ((string?)await instance.Database.ExecuteAsync("INFO", "commandstats"))!;
        Assert.Contains("cmdstat_evalsha:calls=1,", stats, StringComparison.Ordinal);
        Assert.DoesNotContain("cmdstat_eval:", stats, StringComparison.Ordinal);
        Assert.DoesNotContain("cmdstat_script", stats, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_ScriptsWereFlushed_StillWorks()
    {
        await using var instance = await StartAsync("Atomic", "Atomic");
        await instance.CheckAsync("key");

        await instance.Database.ExecuteAsync("SCRIPT", "FLUSH");

        Assert.Equal(9, await instance.DrainAsync("key"));
        Assert.Empty(instance.Log.At(Microsoft.Extensions.Logging.LogLevel.Warning));
    }

    [Fact]
    public async Task Check_Mistakes_AreToldInOneSentence()
    {
        await using var instance = await StartAsync("Atomic", "Atomic");

        var unknown = await Assert.ThrowsAsync<ArgumentException>(() => instance.CheckAsync("none").AsTask());
        var twice = await Assert.ThrowsAsync<ArgumentException>(() => instance.CheckAsync(new RateLimitRequest("key", "a"), new RateLimitRequest("key", "a")).AsTask());
        var negative = await Assert.ThrowsAsync<ArgumentException>(() => instance.CheckAsync("key", cost: -1).AsTask());
        var none = await Assert.ThrowsAsync<ArgumentException>(() => instance.CheckAsync([]).AsTask());

        Assert.Equal(
            "There is no rate limit policy 'none'. Known policies: key, minute, route. Add it under RateLimits:Policies.", unknown.Message);
        Assert.Contains("'key' twice for the same key", twice.Message, StringComparison.Ordinal);
        Assert.Contains("has the cost -1", negative.Message, StringComparison.Ordinal);
        Assert.Contains("names 0 rate limits", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyFor_PartsOfTheCaller_AreTheKey()
    {
        await using var instance = await LimiterInstance.StartAsync(
            _redis,
            ("Policies:all:Permits", "1"),
            ("Policies:ip:Permits", "1"),
            ("Policies:ip:PartitionBy:0", "Ip"),
            ("Policies:both:Permits", "1"),
            ("Policies:both:PartitionBy:0", "ApiKey"),
            ("Policies:both:PartitionBy:1", "Route"));
        var caller = new RateLimitCaller { ApiKey = "acme", Ip = IPAddress.Parse("10.0.0.1"), Route = "/x" };

        Assert.Equal("", instance.Limiter.KeyFor("all", caller));
        Assert.Equal("10.0.0.1", instance.Limiter.KeyFor("ip", caller));
        Assert.Equal("10.0.0.1", instance.Limiter.KeyFor("ip", caller with { Ip = IPAddress.Parse("::ffff:10.0.0.1") }));
        Assert.Equal("2001:db8:1:2::/64", instance.Limiter.KeyFor("ip", caller with { Ip = IPAddress.Parse("2001:db8:1:2:3:4:5:6") }));
        Assert.Equal("acme|/x", instance.Limiter.KeyFor("both", caller));
        Assert.NotEqual(
            instance.Limiter.KeyFor("both", new RateLimitCaller { ApiKey = "a|", Route = "b" }),
            instance.Limiter.KeyFor("both", new RateLimitCaller { ApiKey = "a", Route = "|b" }));
        Assert.True(instance.Limiter.HasPolicy("ip"));
        Assert.False(instance.Limiter.HasPolicy("IP"));
    }

    private Task<LimiterInstance> StartAsync(string ofKey, string ofRoute) => LimiterInstance.StartAsync(
        _redis,
        ("Policies:key:Permits", "10"),
        ("Policies:key:Window", "01:00:00"),
        ("Policies:key:Mode", ofKey),
        ("Policies:route:Permits", "4"),
        ("Policies:route:Window", "01:00:00"),
        ("Policies:route:Mode", ofRoute),
        ("Policies:minute:Permits", "1"));
}
