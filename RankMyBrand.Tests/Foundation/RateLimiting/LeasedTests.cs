using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Foundation.RateLimiting.Leased;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

public sealed class LeasedTests : IAsyncLifetime
{
    private RedisServer _redis = null!;

    public async ValueTask InitializeAsync() => _redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task Check_FromABlock_AllocatesNothing()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var instance = await StartAsync(permits: 100_000_000);
        var request = new RateLimitRequest("api", "a");
        await WarmUpAsync(instance, request);

        var least = long.MaxValue;
        for (var round = 0; round < 20; round++)
        {
            least = Math.Min(least, AllocatedBy(1000, () => instance.Limiter.CheckAsync(request, cancellationToken)));
            await Task.Delay(5, cancellationToken);
        }

        // Taking the next block does allocate; a round of a thousand checks sees a few of them at most.
        Assert.InRange(least, 0, 20_000);
    }

    [Fact]
    public async Task Check_KnownToBeUsedUp_AllocatesNothing()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var instance = await StartAsync(permits: 5);
        var request = new RateLimitRequest("api", "a");
        await instance.DrainAsync("api");

        Assert.InRange(AllocatedBy(1000, () => instance.Limiter.CheckAsync(request, cancellationToken)), 0, 5000);
    }

    [Fact]
    public async Task Check_TwoLimitsFromBlocks_AllocatesTheResultOnly()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var instance = await StartAsync(permits: 5, ("Policies:route:Permits", "3"), ("Policies:route:Mode", "Leased"));
        RateLimitRequest[] requests = [new("api", "a"), new("route", "/")];
        await instance.DrainAsync("route", "/");
        await instance.CheckAsync(requests);

        Assert.InRange(AllocatedBy(1000, () => instance.Limiter.CheckAsync(requests, cancellationToken)), 0, 400_000);
    }

    [Fact]
    public async Task Check_SteadyLoad_AsksRedisSeldom()
    {
        await using var instance = await StartAsync(permits: 100_000_000, ("Policies:api:BlockSize", "1000"));
        await WarmUpAsync(instance, new RateLimitRequest("api", "a"));
        await instance.Database.ExecuteAsync("CONFIG", "RESETSTAT");

        for (var i = 0; i < 50_000; i++)
            Assert.True(await instance.IsAllowedAsync("api"));

        Assert.InRange(await CallsAsync(instance), 1, 5000);
    }

    [Fact]
    public async Task Check_SeldomUsedKey_HoldsNothingBack()
    {
        await using var instance = await StartAsync(permits: 1000);

        for (var i = 1; i <= 3; i++)
        {
            Assert.True(await instance.IsAllowedAsync("api"));
            await Task.Delay(600, TestContext.Current.CancellationToken);
        }

        await using var other = await StartAsync(permits: 1000);
        Assert.InRange((await other.CheckAsync("api", cost: 990)).Remaining, 0, 10);
        Assert.True(await other.IsAllowedAsync("api", cost: 5));
    }

    [Theory]
    [InlineData("TokenBucket")]
    [InlineData("SlidingWindow")]
    public async Task Stop_TokensAreHeld_ReturnsThem(string algorithm)
    {
        var stopping = await StartAsync(permits: 1000, ("Policies:api:Algorithm", algorithm));
        for (var i = 0; i < 200; i++)
            Assert.True(await stopping.IsAllowedAsync("api"));

        await stopping.DisposeAsync();

        await using var instance = await StartAsync(permits: 1000, ("Policies:api:Algorithm", algorithm));
        Assert.Equal(800, await instance.DrainAsync("api"));
    }

    [Theory]
    [InlineData("TokenBucket")]
    [InlineData("SlidingWindow")]
    public async Task Check_AnotherInstanceIsIdle_GetsWhatThatHasNotUsed(string algorithm)
    {
        await using var idle = await StartAsync(permits: 1000, ("Policies:api:Algorithm", algorithm));
        await using var instance = await StartAsync(permits: 1000, ("Policies:api:Algorithm", algorithm));
        for (var i = 0; i < 200; i++)
            Assert.True(await idle.IsAllowedAsync("api"));

        var admitted = 0;
        for (var watch = Stopwatch.StartNew(); admitted < 800; await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            admitted += await instance.DrainAsync("api");
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"{admitted} were admitted.");
        }

        Assert.Equal(800, admitted);
    }

    [Fact]
    public async Task Check_TokensHaveGoneBack_IsNotRefusedForWantOfThem()
    {
        var time = new ManualTimeProvider();
        (string, string)[] settings =
        [
            ("Policies:api:Permits", "10"), ("Policies:api:Window", "1.00:00:00"), ("Policies:api:Mode", "Leased"),
            ("Policies:once:Permits", "1"), ("Policies:once:Window", "1.00:00:00"),
        ];
        await using var instance = await LimiterInstance.StartAsync(_redis, time, settings);
        await using var other = await LimiterInstance.StartAsync(_redis, settings);
        await other.DrainAsync("once");
        // Six tokens are taken, and are here after the other limit has refused. Redis has the other four, and then none.
        Assert.Equal("once", (await instance.CheckAsync([new("api", "a", 6), new("once", "a")])).RefusedBy);
        Assert.True(await other.IsAllowedAsync("api", cost: 4));
        Assert.False(await instance.IsAllowedAsync("api", cost: 8));

        time.Advance(TimeSpan.FromSeconds(2));
        instance.Services.GetRequiredService<LeasedLimits>().Sweep();

        // The refusal was for two tokens more than were here. Redis has six now.
        Assert.True(await instance.IsAllowedAsync("api", cost: 5));
        Assert.True(await other.IsAllowedAsync("api", cost: 1));
        Assert.False(await other.IsAllowedAsync("api", cost: 1));
    }

    [Fact]
    public async Task Check_AbortedWhileItWaitsForAnotherLimit_PutsItsTokensBack()
    {
        (string, string)[] settings =
        [
            ("RedisTimeout", "00:00:20"), ("Policies:api:Permits", "10"), ("Policies:api:Window", "1.00:00:00"),
            ("Policies:api:Mode", "Leased"), ("Policies:once:Permits", "1"), ("Policies:once:Window", "1.00:00:00"),
            ("Policies:many:Permits", "1000"),
        ];
        await using var instance = await LimiterInstance.StartAsync(_redis, new ManualTimeProvider(), settings);
        await using var other = await LimiterInstance.StartAsync(_redis, settings);
        await using var control = await ConnectionMultiplexer.ConnectAsync($"{_redis.EndPoint},allowAdmin=true");
        await other.DrainAsync("once");
        Assert.Equal("once", (await instance.CheckAsync([new("api", "a", 6), new("once", "a")])).RefusedBy);
        using var cancel = new CancellationTokenSource();

        await control.GetDatabase().ExecuteAsync("CLIENT", "PAUSE", "30000", "WRITE");
        var aborted = instance.Limiter.CheckAsync([new("api", "a", 6), new("many", "a")], cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => aborted);
        await control.GetDatabase().ExecuteAsync("CLIENT", "UNPAUSE");

        Assert.True(await instance.IsAllowedAsync("api", cost: 10));
    }

    [Fact]
    public async Task Check_TooManyKeys_AreDecidedByRedis()
    {
        await using var instance = await StartAsync(permits: 3, ("MaxLocalKeys", "10"));

        for (var key = 0; key < 50; key++)
            Assert.Equal(3, await instance.DrainAsync("api", $"{key}"));
    }

    [Fact]
    public async Task Check_Waiters_AreServedByFewRoundTrips()
    {
        await using var instance = await StartAsync(permits: 100_000);

        var answers = await Task.WhenAll(Enumerable.Range(0, 2000).Select(_ => Task.Run(() => instance.IsAllowedAsync("api"))));

        Assert.All(answers, Assert.True);
        Assert.InRange(await CallsAsync(instance), 1, 1500);
    }

    [Fact]
    public async Task Check_HighRate_AdmitsWhatTheRateAllows()
    {
        await using var instance = await LimiterInstance.StartAsync(
            _redis, ("Policies:api:Permits", "2000"), ("Policies:api:Burst", "100"), ("Policies:api:Window", "00:00:01"),
            ("Policies:api:Mode", "Leased"));
        var admitted = 0;
        var began = await instance.ServerTimeAsync();
        for (var watch = Stopwatch.StartNew(); watch.ElapsedMilliseconds < 2000;)
        {
            if (await instance.IsAllowedAsync("api"))
                admitted++;
            else
                await Task.Yield();
        }

        var seconds = (await instance.ServerTimeAsync() - began) / 1000;

        Assert.InRange(admitted, 100, 100 + (int)(seconds * 2000) + 1);
    }

    [Fact]
    public async Task Check_AbortedWhileItWaits_TakesNothing()
    {
        // A clock that stands still: the next refill is one of those that come soon enough to serve who waited for the last one.
        (string, string)[] settings =
        [
            ("RedisTimeout", "00:00:20"), ("Policies:api:Permits", "1000"), ("Policies:api:Window", "1.00:00:00"),
            ("Policies:api:Mode", "Leased"), ("Policies:api:BlockSize", "1"),
        ];
        await using var instance = await LimiterInstance.StartAsync(_redis, new ManualTimeProvider(), settings);
        await using var other = await LimiterInstance.StartAsync(_redis, settings);
        await using var control = await ConnectionMultiplexer.ConnectAsync($"{_redis.EndPoint},allowAdmin=true");
        await instance.CheckAsync("api", "warm");
        using var cancel = new CancellationTokenSource();
        await control.GetDatabase().ExecuteAsync("CLIENT", "PAUSE", "30000", "WRITE");
        var first = instance.CheckAsync("api").AsTask();
        var aborted = Enumerable.Range(0, 3)
            .Select(_ => instance.Limiter.CheckAsync(new RateLimitRequest("api", "a", 300), cancel.Token).AsTask())
            .ToArray();
        await cancel.CancelAsync();
        foreach (var check in aborted)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check);
        await control.GetDatabase().ExecuteAsync("CLIENT", "UNPAUSE");
        Assert.True((await first).IsAllowed);

        Assert.True(await instance.IsAllowedAsync("api"));
        Assert.True(await instance.IsAllowedAsync("api"));

        Assert.InRange((await other.CheckAsync("api")).Remaining, 990, 997);
    }

    private static long AllocatedBy(int times, Func<ValueTask<RateLimitResult>> check)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < times; i++)
        {
            // A check that has to wait for a block is part of the price; its answer is not needed.
            var answer = check();
            if (!answer.IsCompleted)
                _ = answer.AsTask();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static async Task WarmUpAsync(LimiterInstance instance, RateLimitRequest request)
    {
        for (var watch = Stopwatch.StartNew(); watch.ElapsedMilliseconds < 500;)
            await instance.Limiter.CheckAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task<long> CallsAsync(LimiterInstance instance)
    {
        var stats = ((string?)await instance.Database.ExecuteAsync("INFO", "commandstats"))!.Split('\n');
        var line = stats.FirstOrDefault(line => line.StartsWith("cmdstat_evalsha:calls=", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line["cmdstat_evalsha:calls=".Length..line.IndexOf(',', StringComparison.Ordinal)]);
    }

    private Task<LimiterInstance> StartAsync(long permits, params (string Key, string Value)[] settings) => LimiterInstance.StartAsync(
        _redis, [("Policies:api:Permits", $"{permits}"), ("Policies:api:Window", "1.00:00:00"), ("Policies:api:Mode", "Leased"), .. settings]);
}
