using System.Diagnostics;
using System.Globalization;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

/// <summary>Checks that are made at the same time share calls of the script; none of them may notice.</summary>
public sealed class CheckQueueTests : IAsyncLifetime
{
    private RedisServer _redis = null!;

    // A connection whose writes are paused answers nothing that comes after them.
    private ConnectionMultiplexer _control = null!;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);
        _control = await ConnectionMultiplexer.ConnectAsync($"{_redis.EndPoint},allowAdmin=true");
    }

    public async ValueTask DisposeAsync()
    {
        await _control.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Check_ManyAtOnce_ShareCalls()
    {
        await using var instance = await StartAsync();
        await instance.CheckAsync("bucket", "warm");
        await ForgetCallsAsync();

        var checks = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => instance.CheckAsync("bucket").AsTask()));

        Assert.Equal(100, checks.Count(check => check.IsAllowed));
        Assert.InRange(await CallsAsync(), 1, 300);
    }

    [Fact]
    public async Task Check_InOneCall_EachIsDecidedByItself()
    {
        await using var instance = await StartAsync();
        await using (var other = await StartAsync())
            await other.DrainAsync("bucket", "empty");
        await instance.CheckAsync("bucket", "warm");
        RateLimitRequest[][] requests =
        [
            [new("bucket", "a", 60)],
            [new("bucket", "a", 60)],
            [new("slots", "a"), new("bucket", "empty"), new("window", "a")],
            [new("window", "a", 2), new("bucket", "a", 30), new("slots", "a", 2)],
            [new("window", "a", 2)],
            [new("window", "a"), new("slots", "b", 3)],
            [new("bucket", "a", 11)],
            [new("bucket", "a", 10)],
        ];

        await PauseAsync();
        var first = instance.CheckAsync("bucket", "first").AsTask();
        var pending = requests.Select(check => instance.CheckAsync(check).AsTask()).ToArray();
        await ForgetCallsAsync();
        await ResumeAsync();
        var checks = await Task.WhenAll(pending);

        Assert.True((await first).IsAllowed);
        Assert.Equal([null, "bucket", "bucket", null, "window", null, "bucket", null], checks.Select(check => check.RefusedBy));
        Assert.Equal([40, 40, 3, 1, 1, 0, 10, 0], checks.Select(check => check[0].Remaining));
        Assert.Equal(2, await CallsAsync());
    }

    [Fact]
    public async Task Check_CancelledBeforeItWasSent_TakesNothing()
    {
        await using var instance = await StartAsync();
        using var cancel = new CancellationTokenSource();
        await PauseAsync();
        var first = instance.CheckAsync("bucket", "first").AsTask();
        var waiting = instance.Limiter.CheckAsync(new RateLimitRequest("bucket", "a", 100), cancel.Token).AsTask();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await ResumeAsync();

        Assert.True((await first).IsAllowed);
        Assert.Equal(99, (await instance.CheckAsync("bucket")).Remaining);
    }

    [Fact]
    public async Task Check_CancelledAfterItWasSent_FreesItsSlots()
    {
        await using var instance = await StartAsync();
        using var cancel = new CancellationTokenSource();
        await PauseAsync();
        var sent = instance.Limiter.CheckAsync(new RateLimitRequest("slots", "a", 3), cancel.Token).AsTask();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sent);
        await ResumeAsync();

        // The script takes the slots when Redis comes to it; only then can they be freed.
        var watch = Stopwatch.StartNew();
        while (!(await instance.CheckAsync("slots", "a", 3)).IsAllowed)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15), "The slots were not freed.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Check_MoreThanACallHolds_AllAreAnswered()
    {
        await using var instance = await StartAsync();
        await PauseAsync();
        var first = instance.CheckAsync("bucket", "first").AsTask();
        var pending = Enumerable.Range(0, 300)
            .Select(i => $"{i}")
            .Select(key => instance.CheckAsync([new("bucket", key), new("window", key), new("slots", key)]).AsTask())
            .ToArray();

        await ResumeAsync();
        var checks = await Task.WhenAll(pending);

        Assert.True((await first).IsAllowed);
        Assert.All(checks, check => Assert.Equal((99, 2, 2), (check[0].Remaining, check[1].Remaining, check[2].Remaining)));
    }

    private Task<RedisResult> PauseAsync() => _control.GetDatabase().ExecuteAsync("CLIENT", "PAUSE", "30000", "WRITE");

    private Task<RedisResult> ResumeAsync() => _control.GetDatabase().ExecuteAsync("CLIENT", "UNPAUSE");

    private Task<RedisResult> ForgetCallsAsync() => _control.GetDatabase().ExecuteAsync("CONFIG", "RESETSTAT");

    private async Task<int> CallsAsync()
    {
        var stats = ((string?)await _control.GetDatabase().ExecuteAsync("INFO", "commandstats"))!;
        return int.Parse(stats.Split("cmdstat_evalsha:calls=")[1].Split(',')[0], CultureInfo.InvariantCulture);
    }

    private Task<LimiterInstance> StartAsync() => LimiterInstance.StartAsync(
        _redis,
        ("RedisTimeout", "00:00:20"),
        ("Policies:bucket:Permits", "100"),
        ("Policies:bucket:Window", "01:00:00"),
        ("Policies:window:Algorithm", "SlidingWindow"),
        ("Policies:window:Permits", "3"),
        ("Policies:window:Window", "01:00:00"),
        ("Policies:slots:Algorithm", "Concurrency"),
        ("Policies:slots:Permits", "3"));
}
