using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Foundation.RateLimiting.Local;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

public sealed class OutageTests : IAsyncLifetime
{
    private RedisServer _redis = null!;

    public async ValueTask InitializeAsync() => _redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task Check_RedisIsKilledUnderLoad_NeverThrowsAndRecovers()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        using var stop = new CancellationTokenSource();
        var results = new ConcurrentBag<(string Policy, RateLimitOutcome Outcome, bool IsOutage)>();
        var isOutage = false;
        var load = new[] { one, two }.SelectMany(instance => new[] { "atomic", "leased", "closed" }.Select(policy => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var duringOutage = Volatile.Read(ref isOutage);
                var result = await instance.CheckAsync(policy);
                // The state may have changed within the check; only what began and ended in it counts.
                results.Add((policy, result.Outcome, duringOutage && Volatile.Read(ref isOutage)));
                await Task.Delay(1, CancellationToken.None);
            }
        }))).ToArray();

        await Task.Delay(500, TestContext.Current.CancellationToken);
        _redis.Kill();
        // The first failing check of each instance ends what Redis had decided.
        await UntilAsync(() => one.Log.At(LogLevel.Warning).Any() && two.Log.At(LogLevel.Warning).Any());
        Volatile.Write(ref isOutage, true);
        await Task.Delay(3000, TestContext.Current.CancellationToken);
        Volatile.Write(ref isOutage, false);
        await _redis.RestartAsync(TestContext.Current.CancellationToken);
        await UntilAsync(() => one.Log.Entries.Concat(two.Log.Entries).Count(entry => entry.Text.Contains("again after", StringComparison.Ordinal)) >= 2);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await Task.WhenAll(load);

        var outage = results.Where(result => result.IsOutage).ToLookup(result => result.Policy, result => result.Outcome);
        Assert.All(outage["closed"], outcome => Assert.Equal(RateLimitOutcome.Unavailable, outcome));
        foreach (var policy in new[] { "atomic", "leased" })
        {
            Assert.NotEmpty(outage[policy]);
            Assert.All(outage[policy], outcome => Assert.Equal(RateLimitOutcome.Allowed, outcome));
        }

        Assert.Single(one.Log.At(LogLevel.Warning));
        Assert.Single(two.Log.At(LogLevel.Warning));
        Assert.Contains("decided locally", one.Log.At(LogLevel.Warning).First(), StringComparison.Ordinal);
        Assert.True((await one.CheckAsync("closed", "fresh")).IsAllowed);
    }

    [Theory]
    [InlineData("TokenBucket", "Atomic")]
    [InlineData("SlidingWindow", "Atomic")]
    [InlineData("TokenBucket", "Leased")]
    [InlineData("SlidingWindow", "Leased")]
    public async Task Check_RedisIsAway_AdmitsTheInstancesShare(string algorithm, string mode)
    {
        await using var instance = await LimiterInstance.StartAsync(
            _redis, ("Instances", "4"), ("ProbeInterval", "00:00:00.100"), ("Policies:api:Permits", "100"), ("Policies:api:Window", "10:00:00"),
            ("Policies:api:Algorithm", algorithm), ("Policies:api:Mode", mode));
        _redis.Kill();

        Assert.Equal(25, await instance.DrainAsync("api"));
        var refused = await instance.CheckAsync("api");
        Assert.Equal(RateLimitOutcome.Refused, refused.Outcome);
        Assert.True(refused.RetryAfter > TimeSpan.FromMinutes(5));

        // Coming back: the whole limit, from Redis.
        await _redis.RestartAsync(TestContext.Current.CancellationToken);
        await UntilAsync(() => instance.Log.At(LogLevel.Information).Any(text => text.Contains("again after", StringComparison.Ordinal)));
        Assert.Equal(100, await instance.DrainAsync("api", "other"));
    }

    [Fact]
    public async Task Check_RedisIsAway_NobodyWaitsForIt()
    {
        await using var instance = await StartAsync();
        _redis.Kill();
        await instance.CheckAsync("atomic");

        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 1000; i++)
            await instance.CheckAsync("atomic", $"{i}");

        // A wait for Redis each would take minutes.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Check_RedisHangs_IsDecidedLocallyAfterTheTimeout()
    {
        await using var instance = await StartAsync();
        await instance.CheckAsync("atomic");
        await instance.Database.ExecuteAsync("CLIENT", "PAUSE", "2000");

        var result = await instance.CheckAsync("atomic", "b");

        Assert.True(result.IsAllowed);
        Assert.Single(instance.Log.At(LogLevel.Warning));
        await UntilAsync(() => instance.Log.At(LogLevel.Information).Any(text => text.Contains("again after", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Check_RedisIsOutOfMemory_IsDecidedLocally()
    {
        await using var instance = await StartAsync();
        await instance.Database.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");

        Assert.True((await instance.CheckAsync("atomic")).IsAllowed);
        Assert.Equal(RateLimitOutcome.Unavailable, (await instance.CheckAsync("closed")).Outcome);

        await instance.Database.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        await UntilAsync(() => instance.Log.At(LogLevel.Information).Any(text => text.Contains("again after", StringComparison.Ordinal)));
        Assert.True((await instance.CheckAsync("closed")).IsAllowed);
    }

    [Fact]
    public async Task Check_RedisTakesNoWrites_IsDecidedLocallyUntilItDoes()
    {
        await using var instance = await StartAsync();
        Assert.Equal(HealthStatus.Healthy, await HealthAsync());
        await instance.Database.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        await instance.Database.ExecuteAsync("CONFIG", "RESETSTAT");
        await instance.CheckAsync("atomic");

        // It answers all the while.
        await UntilAsync(async () => await ProbesAsync() >= 3);

        Assert.Equal(HealthStatus.Degraded, await HealthAsync());
        Assert.DoesNotContain(instance.Log.At(LogLevel.Information), text => text.Contains("again after", StringComparison.Ordinal));
        await instance.Database.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        await UntilAsync(async () => await HealthAsync() == HealthStatus.Healthy);

        async Task<HealthStatus> HealthAsync() =>
            (await instance.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken))
            .Entries["rate-limits"].Status;

        async Task<int> ProbesAsync()
        {
            var stats = ((string?)await instance.Database.ExecuteAsync("INFO", "commandstats"))!.Split('\n');
            var line = stats.FirstOrDefault(line => line.StartsWith("cmdstat_set:", StringComparison.Ordinal)) ?? "rejected_calls=0,";
            return int.Parse(line.Split("rejected_calls=")[1].Split(',')[0], CultureInfo.InvariantCulture);
        }
    }

    [Fact]
    public async Task Check_MoreKeysThanFitWithoutRedis_ShareALimitUntilThereIsRoom()
    {
        var time = new ManualTimeProvider();
        await using var instance = await LimiterInstance.StartAsync(
            _redis, time, ("MaxLocalKeys", "2"), ("Policies:api:Permits", "3"), ("Policies:api:Window", "01:00:00"));
        _redis.Kill();

        Assert.Equal([3, 3, 3, 0], await DrainAsync("a", "b", "c", "d"));
        time.Advance(TimeSpan.FromHours(2));
        instance.Services.GetRequiredService<LocalLimits>().Sweep();

        Assert.Equal([3, 3, 3, 0], await DrainAsync("c", "d", "e", "a"));

        async Task<List<int>> DrainAsync(params string[] keys)
        {
            var admitted = new List<int>();
            foreach (var key in keys)
                admitted.Add(await instance.DrainAsync("api", key));
            return admitted;
        }
    }

    [Fact]
    public async Task Check_RedisWasNeverThere_IsDecidedLocally()
    {
        _redis.Kill();
        await using var instance = await StartAsync();

        Assert.True((await instance.CheckAsync("atomic")).IsAllowed);
        Assert.Equal(RateLimitOutcome.Unavailable, (await instance.CheckAsync("closed")).Outcome);
    }

    [Fact]
    public async Task Check_CallerCancels_ThrowsThatOnly()
    {
        await using var instance = await StartAsync();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => instance.Limiter.CheckAsync(new RateLimitRequest("atomic", "a"), cancelled.Token).AsTask());

        Assert.Empty(instance.Log.At(LogLevel.Warning));
    }

    [Fact]
    public async Task Slots_ReleasedWhileRedisIsAway_AreFreedWhenItIsBack()
    {
        await using var instance = await StartAsync();
        var held = await instance.CheckAsync("slots", cost: 2);
        await instance.Database.ExecuteAsync("CLIENT", "PAUSE", "2000");
        await instance.CheckAsync("atomic");

        held.Dispose();

        // Redis has kept them, for an hour if nobody frees them.
        await UntilAsync(() => instance.Log.At(LogLevel.Information).Any(text => text.Contains("again after", StringComparison.Ordinal)));
        await UntilAsync(async () => (await instance.CheckAsync("slots", cost: 2)).IsAllowed);
    }

    [Fact]
    public async Task Slots_TakenWhileRedisIsAway_CountEverywhereWhenItIsBack()
    {
        await using var instance = await StartAsync();
        await using var other = await StartAsync();
        await instance.Database.ExecuteAsync("CLIENT", "PAUSE", "2000");
        await instance.CheckAsync("atomic");
        using var held = await instance.CheckAsync("slots", cost: 2);
        Assert.True(held.IsAllowed);

        await UntilAsync(() => instance.Log.At(LogLevel.Information).Any(text => text.Contains("again after", StringComparison.Ordinal)));

        await UntilAsync(async () =>
        {
            using var more = await other.CheckAsync("slots");
            return !more.IsAllowed;
        });
    }

    [Fact]
    public async Task Slots_LostWithRedis_AreEnteredAgainWhenItIsBack()
    {
        await using var instance = await StartAsync();
        await using var other = await StartAsync();
        using var held = await instance.CheckAsync("slots", cost: 2);
        _redis.Kill();
        await instance.CheckAsync("atomic");

        // It has kept nothing.
        await _redis.RestartAsync(TestContext.Current.CancellationToken);

        await UntilAsync(async () =>
        {
            using var more = await other.CheckAsync("slots");
            return !more.IsAllowed;
        });
    }

    private static Task UntilAsync(Func<bool> isTrue) => UntilAsync(() => Task.FromResult(isTrue()));

    private static async Task UntilAsync(Func<Task<bool>> isTrue)
    {
        var watch = Stopwatch.StartNew();
        while (!await isTrue())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), "It did not come true within a minute.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private Task<LimiterInstance> StartAsync() => LimiterInstance.StartAsync(
        _redis,
        ("Instances", "2"),
        ("RedisTimeout", "00:00:00.500"),
        ("ProbeInterval", "00:00:00.200"),
        ("Policies:atomic:Permits", "1000000"),
        ("Policies:atomic:Window", "01:00:00"),
        ("Policies:leased:Permits", "1000000"),
        ("Policies:leased:Window", "01:00:00"),
        ("Policies:leased:Mode", "Leased"),
        ("Policies:slots:Algorithm", "Concurrency"),
        ("Policies:slots:Permits", "2"),
        ("Policies:slots:LeaseDuration", "01:00:00"),
        ("Policies:closed:Permits", "1000000"),
        ("Policies:closed:Window", "01:00:00"),
        ("Policies:closed:Failure", "Closed"));
}
