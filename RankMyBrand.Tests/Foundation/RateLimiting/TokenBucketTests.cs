using System.Buffers.Binary;
using System.Diagnostics;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

public sealed class TokenBucketTests : IAsyncLifetime
{
    private RedisServer _redis = null!;

    public async ValueTask InitializeAsync() => _redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task Check_BurstAtOnce_AdmitsTheBurstAndTellsWhatIsLeft()
    {
        await using var instance = await LimiterInstance.StartAsync(
            _redis, ("Policies:api:Permits", "10"), ("Policies:api:Burst", "3"), ("Policies:api:Window", "01:00:00"));

        var first = await instance.CheckAsync("api");
        await instance.CheckAsync("api");
        await instance.CheckAsync("api");
        var fourth = await instance.CheckAsync("api");

        Assert.True(first.IsAllowed);
        Assert.Null(first.RefusedBy);
        Assert.Equal((3, 2), (first.Limit, first.Remaining));
        Assert.InRange(first.ResetAfter, TimeSpan.FromSeconds(350), TimeSpan.FromSeconds(360));
        Assert.Equal((RateLimitOutcome.Refused, "api", 0), (fourth.Outcome, fourth.RefusedBy, fourth.Remaining));
        Assert.InRange(fourth.RetryAfter, TimeSpan.FromSeconds(300), TimeSpan.FromSeconds(360));
        Assert.InRange(fourth.ResetAfter, TimeSpan.FromSeconds(1000), TimeSpan.FromSeconds(1080));
    }

    [Fact]
    public async Task Check_TheServersClockHasGoneBack_RefillsFromWhereItIs()
    {
        await using var instance = await LimiterInstance.StartAsync(_redis, ("Policies:api:Permits", "600"), ("Policies:api:Burst", "5"));
        await instance.DrainAsync("api");
        var key = (string)(await instance.Database.ExecuteAsync("KEYS", "rl:*:a"))!;
        var state = ((byte[]?)await instance.Database.StringGetAsync(key))!;
        var ahead = await instance.ServerTimeAsync() + TimeSpan.FromHours(1).TotalMilliseconds;
        BinaryPrimitives.WriteDoubleLittleEndian(state.AsSpan(8), ahead);
        await instance.Database.StringSetAsync(key, state, TimeSpan.FromHours(2));

        var watch = Stopwatch.StartNew();
        while (!await instance.IsAllowedAsync("api"))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "Ten tokens a second are due, and none has come.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Check_AfterSomeTime_HasRefilledExactlyWhatTheServersClockSays()
    {
        // 7 tokens in 97 ms: a rate that no fraction of two or of ten can express.
        await using var instance = await LimiterInstance.StartAsync(
            _redis, ("Policies:api:Permits", "7"), ("Policies:api:Burst", "100000"), ("Policies:api:Window", "00:00:00.097"));
        var emptying = await instance.ServerTimeAsync();
        Assert.True(await instance.IsAllowedAsync("api", cost: 100000));
        var emptied = await instance.ServerTimeAsync();
        var admitted = 0L;

        // Takes in uneven steps, and at the end what is left: however often the bucket is looked at, nothing may be lost or gained.
        for (var step = 0; step < 300; step++)
        {
            if (await instance.IsAllowedAsync("api", cost: (step % 3) + 1))
                admitted += (step % 3) + 1;
            await Task.Delay(step % 5, TestContext.Current.CancellationToken);
        }

        var before = await instance.ServerTimeAsync();
        var last = await instance.CheckAsync("api", cost: 1);
        var after = await instance.ServerTimeAsync();
        var total = admitted + last.Remaining + (last.IsAllowed ? 1 : 0);

        // The bucket was emptied between two readings of the clock, and whole tokens and milliseconds are rounded down.
        Assert.InRange(total, (long)((before - emptied - 1) * 7 / 97) - 1, (long)((after - emptying + 1) * 7 / 97) + 1);
    }

    [Fact]
    public async Task Check_Cost_TakesThatManyOrNone()
    {
        await using var instance = await LimiterInstance.StartAsync(
            _redis, ("Policies:api:Permits", "10"), ("Policies:api:Cost", "2"), ("Policies:api:Window", "01:00:00"));

        Assert.Equal(8, (await instance.CheckAsync("api")).Remaining);
        Assert.Equal(1, (await instance.CheckAsync("api", cost: 7)).Remaining);
        var tooMuch = await instance.CheckAsync("api");
        Assert.Equal((false, 1), (tooMuch.IsAllowed, tooMuch.Remaining));
        Assert.True(await instance.IsAllowedAsync("api", cost: 1));
    }

    [Fact]
    public async Task Check_CostAboveTheLimit_IsRefusedForGood()
    {
        await using var instance = await LimiterInstance.StartAsync(_redis, ("Policies:api:Permits", "10"));

        var result = await instance.CheckAsync("api", cost: 11);

        Assert.False(result.IsAllowed);
        Assert.Equal(Timeout.InfiniteTimeSpan, result.RetryAfter);
        Assert.Null(RateLimitHeaders.RetryAfter(result));
    }

    [Fact]
    public async Task Check_Overrides_HoldForTheirKeysOnly()
    {
        await using var instance = await LimiterInstance.StartAsync(
            _redis,
            ("Policies:api:Permits", "2"),
            ("Policies:api:Window", "01:00:00"),
            ("Policies:api:Overrides:acme:Permits", "5"),
            ("Policies:api:Overrides:v6:Key", "2001:db8::1"),
            ("Policies:api:Overrides:v6:Burst", "1"));

        Assert.Equal(5, await instance.DrainAsync("api", "acme"));
        Assert.Equal(1, await instance.DrainAsync("api", "2001:db8::1"));
        Assert.Equal(2, await instance.DrainAsync("api", "other"));
    }

    [Fact]
    public async Task Check_KeysAndTimes_AreBoundedInRedis()
    {
        await using var instance = await LimiterInstance.StartAsync(
            _redis, ("Policies:api:Permits", "10"), ("Policies:api:Window", "00:00:10"));

        await instance.CheckAsync("api", new string('x', 100_000));
        await instance.CheckAsync("api", "a", cost: 5);

        var keys = (string?[]?)await instance.Database.ExecuteAsync("KEYS", "*") ?? [];
        Assert.Equal(2, keys.Length);
        Assert.All(keys, key => Assert.StartsWith("rl:{rl}:api:", key));
        Assert.All(keys, key => Assert.InRange(key!.Length, 1, 128));
        // Half of the bucket is gone, so it is full again in half of the window, and its key with it.
        var left = (long)await instance.Database.ExecuteAsync("PTTL", (StackExchange.Redis.RedisKey)"rl:{rl}:api:b10000:a");
        Assert.InRange(left, 1, 5000);
    }

    [Fact]
    public async Task Check_CallersClockIsOff_ChangesNothing()
    {
        (string, string)[] settings = [("Policies:api:Permits", "10"), ("Policies:api:Window", "01:00:00")];
        await using var right = await LimiterInstance.StartAsync(_redis, settings);
        await using var ahead = await LimiterInstance.StartAsync(_redis, new ShiftedTime(TimeSpan.FromHours(5)), settings);
        await using var behind = await LimiterInstance.StartAsync(_redis, new ShiftedTime(TimeSpan.FromHours(-5)), settings);

        var admitted = 0;
        for (var i = 0; i < 10; i++)
        {
            foreach (var instance in new[] { right, ahead, behind })
                admitted += await instance.IsAllowedAsync("api") ? 1 : 0;
        }

        Assert.Equal(10, admitted);
    }

    [Fact]
    public async Task Check_KnownToBeUsedUp_DoesNotAskRedis()
    {
        await using var instance = await LimiterInstance.StartAsync(
            _redis, ("Policies:api:Permits", "1"), ("Policies:api:Window", "01:00:00"));
        await instance.DrainAsync("api");
        var before = await EvaluationsAsync(instance);

        for (var i = 0; i < 1000; i++)
            Assert.False(await instance.IsAllowedAsync("api"));

        Assert.Equal(before, await EvaluationsAsync(instance));
    }

    [Fact]
    public async Task Check_UsedUpForACost_StillAsksForLess()
    {
        await using var instance = await LimiterInstance.StartAsync(
            _redis, ("Policies:api:Permits", "10"), ("Policies:api:Window", "01:00:00"));

        Assert.True(await instance.IsAllowedAsync("api", cost: 8));
        Assert.False(await instance.IsAllowedAsync("api", cost: 3));
        Assert.True(await instance.IsAllowedAsync("api", cost: 2));
    }

    private static async Task<string> EvaluationsAsync(LimiterInstance instance) =>
        ((string?)await instance.Database.ExecuteAsync("INFO", "commandstats"))!
        .Split('\n').First(line => line.StartsWith("cmdstat_evalsha", StringComparison.Ordinal)).Split(',')[0];

    private sealed class ShiftedTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;

        public override long GetTimestamp() => base.GetTimestamp() + (long)(by.TotalSeconds * TimestampFrequency);
    }
}
