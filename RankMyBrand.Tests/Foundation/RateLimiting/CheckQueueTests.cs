using System.Diagnostics;
using System.Globalization;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

/// <summary>Checks that are made at the same time share calls of the script; none of them may notice.</summary>
public sealed class CheckQueueTests : IAsyncLifetime
{
    /// <summary>A clock on which no wait ends: whatever comes while a call is under way waits for its answer.</summary>
    private static readonly TimeProvider s_still = new StillTimeProvider();

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
        await using var instance = await StartAsync(time: s_still);
        await instance.CheckAsync("bucket", "warm");
        await PauseAsync();
        var first = instance.CheckAsync("bucket", "first").AsTask();
        var pending = Enumerable.Range(0, 1000).Select(_ => instance.CheckAsync("bucket").AsTask()).ToArray();

        await ForgetCallsAsync();
        await ResumeAsync();
        var checks = await Task.WhenAll(pending);

        Assert.True((await first).IsAllowed);
        Assert.Equal(100, checks.Count(check => check.IsAllowed));
        Assert.Equal(1 + Math.Ceiling(1000 / 128.0), await CallsAsync());
    }

    [Fact]
    public async Task Check_InOneCall_EachIsDecidedByItself()
    {
        await using var instance = await StartAsync(time: s_still);
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
        await using var instance = await StartAsync(time: s_still);
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
        await UntilAsync(async () => (await instance.CheckAsync("slots", "a", 3)).IsAllowed);
    }

    [Fact]
    public async Task Check_MoreThanACallHolds_AllAreAnswered()
    {
        await using var instance = await StartAsync(time: s_still);
        await instance.CheckAsync("bucket", "warm");
        await PauseAsync();
        var first = instance.CheckAsync("bucket", "first").AsTask();
        var pending = Enumerable.Range(0, 300)
            .Select(i => $"{i}")
            .Select(key => instance.CheckAsync([new("bucket", key), new("window", key), new("slots", key)]).AsTask())
            .ToArray();

        await ForgetCallsAsync();
        await ResumeAsync();
        var checks = await Task.WhenAll(pending);

        Assert.True((await first).IsAllowed);
        Assert.Equal(1 + Math.Ceiling(300.0 / (128 / 3)), await CallsAsync());
        Assert.All(checks, check => Assert.Equal((99, 2, 2), (check[0].Remaining, check[1].Remaining, check[2].Remaining)));
    }

    [Fact]
    public async Task Check_TheCallBeforeItIsSlow_IsSentBehindIt()
    {
        await using var instance = await StartAsync();
        await instance.CheckAsync("bucket", "warm");
        await PauseAsync();

        var first = instance.CheckAsync("bucket").AsTask();
        await UntilAsync(() => Task.FromResult(UnderWay(instance) == 1), "The check is not sent.");
        var second = instance.CheckAsync("bucket").AsTask();

        // Long before the time is over that callers wait.
        await UntilAsync(() => Task.FromResult(UnderWay(instance) == 2), "The check waits for the slow one.", seconds: 15);
        await ResumeAsync();
        Assert.Equal([99, 98], (await Task.WhenAll(first, second)).Select(check => check.Remaining));
    }

    [Fact]
    public async Task Check_ScriptsAreFlushedMeanwhile_AllAreAnswered()
    {
        await using var instance = await StartAsync();
        await instance.CheckAsync("bucket", "warm");
        await PauseAsync();
        var pending = Enumerable.Range(0, 50).Select(_ => instance.CheckAsync("bucket").AsTask()).ToArray();

        await _control.GetDatabase().ExecuteAsync("SCRIPT", "FLUSH");
        await ResumeAsync();
        var checks = await Task.WhenAll(pending);

        Assert.Equal(50, checks.Min(check => check.Remaining));
        Assert.All(checks, check => Assert.True(check.IsAllowed));
    }

    [Fact]
    public async Task Check_RedisIsKilledMeanwhile_AllAreDecidedWithoutIt()
    {
        await using var instance = await StartAsync();
        await instance.CheckAsync("bucket", "warm");
        await PauseAsync();
        var pending = Enumerable.Range(0, 200).Select(_ => instance.CheckAsync("bucket").AsTask()).ToArray();

        _redis.Kill();
        // They do not wait until their time is over.
        var checks = await Task.WhenAll(pending).WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);

        Assert.Equal(100, checks.Count(check => check.IsAllowed));
        Assert.Equal(0, await instance.DrainAsync("bucket"));
    }

    [Fact]
    public async Task Check_TimedOut_LeavesNoSlotTakenAndTakesNoneFromTheRequest()
    {
        await using var instance = await StartAsync("00:00:00.200");
        await instance.CheckAsync("bucket", "warm");
        await PauseAsync();
        var refused = await instance.CheckAsync("strict", "a");
        var running = await instance.CheckAsync("slots", "a");
        Assert.Equal((RateLimitOutcome.Unavailable, RateLimitOutcome.Allowed), (refused.Outcome, running.Outcome));

        await ResumeAsync();

        await UntilAsync(async () => await CountAsync("strict") == 0 && await CountAsync("slots") == 1);
        running.Dispose();
        await UntilAsync(async () => await CountAsync("slots") == 0);

        async Task<long> CountAsync(string policy) => await _control.GetDatabase().SortedSetLengthAsync($"rl:{{rl}}:{policy}:c:a");
    }

    [Fact]
    public async Task Check_WhereTheContextDoesNotFlow_IsAnswered()
    {
        await using var instance = await StartAsync();
        ValueTask<RateLimitResult> check;
        using (ExecutionContext.SuppressFlow())
            check = instance.CheckAsync("bucket");

        Assert.True((await check).IsAllowed);
    }

    // Shorter than a slot that nobody renews is held.
    private static async Task UntilAsync(
        Func<Task<bool>> condition, string otherwise = "The slots are not those that are held.", int seconds = 25)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(seconds), otherwise);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private static int UnderWay(LimiterInstance instance) =>
        instance.Database.Multiplexer.GetCounters().Interactive.SentItemsAwaitingResponse;

    private Task<RedisResult> PauseAsync() => _control.GetDatabase().ExecuteAsync("CLIENT", "PAUSE", "30000", "WRITE");

    private Task<RedisResult> ResumeAsync() => _control.GetDatabase().ExecuteAsync("CLIENT", "UNPAUSE");

    private Task<RedisResult> ForgetCallsAsync() => _control.GetDatabase().ExecuteAsync("CONFIG", "RESETSTAT");

    private async Task<int> CallsAsync()
    {
        var stats = ((string?)await _control.GetDatabase().ExecuteAsync("INFO", "commandstats"))!;
        return int.Parse(stats.Split("cmdstat_evalsha:calls=")[1].Split(',')[0], CultureInfo.InvariantCulture);
    }

    private Task<LimiterInstance> StartAsync(string timeout = "00:00:20", TimeProvider? time = null) => LimiterInstance.StartAsync(
        _redis,
        time,
        ("RedisTimeout", timeout),
        ("ProbeInterval", "00:00:00.100"),
        ("Policies:bucket:Permits", "100"),
        ("Policies:bucket:Window", "01:00:00"),
        ("Policies:window:Algorithm", "SlidingWindow"),
        ("Policies:window:Permits", "3"),
        ("Policies:window:Window", "01:00:00"),
        ("Policies:slots:Algorithm", "Concurrency"),
        ("Policies:slots:Permits", "3"),
        ("Policies:strict:Algorithm", "Concurrency"),
        ("Policies:strict:Permits", "3"),
        ("Policies:strict:Failure", "Closed"));

    private sealed class StillTimeProvider : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            TimeProvider.System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
