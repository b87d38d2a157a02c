using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Foundation.RateLimiting.Leased;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

public sealed class RateLimitTelemetryTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _measured = new();
    private readonly ConcurrentQueue<double> _outages = new();
    private RedisServer _redis = null!;

    public async ValueTask InitializeAsync() => _redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task Check_Decisions_AreCountedByPolicyOutcomeAndDecider()
    {
        await using var instance = await LimiterInstance.StartAsync(
            _redis, ("Policies:api:Permits", "1"), ("Policies:api:Window", "01:00:00"), ("Policies:closed:Permits", "1"),
            ("Policies:closed:Failure", "Closed"));
        using var listener = Listen(instance);

        await instance.CheckAsync("api");
        await instance.CheckAsync("api");
        await instance.CheckAsync("api");
        _redis.Kill();
        await instance.CheckAsync("api", "b");
        await instance.CheckAsync("closed");

        Assert.Equal(
            [
                "decided_by=redis outcome=allowed policy=api",
                "decided_by=redis outcome=refused policy=api",
                "decided_by=instance outcome=refused policy=api",
                "decided_by=fallback outcome=allowed policy=api",
                "decided_by=fallback outcome=unavailable policy=closed",
            ],
            _measured.Where(line => line.StartsWith("rankmybrand.rate_limit.decisions ", StringComparison.Ordinal)).Select(line => line[33..]));
        Assert.Equal(4, _measured.Count(line => line.StartsWith("rankmybrand.rate_limit.check.duration ", StringComparison.Ordinal)));
        Assert.Single(_measured, "rankmybrand.rate_limit.outages ");
    }

    [Fact]
    public async Task Check_ABlockComesWhenItsTimeIsOver_IsDecidedByRedis()
    {
        await CheckLeasedAsync(answersAfter: TimeSpan.FromSeconds(2), RateLimitOutcome.Allowed);

        Assert.Contains("rankmybrand.rate_limit.decisions decided_by=redis outcome=allowed policy=api", _measured);
    }

    [Fact]
    public async Task Check_HasWaitedLongEnoughForABlock_IsDecidedWithoutRedisAndBeginsNoOutage()
    {
        await CheckLeasedAsync(answersAfter: TimeSpan.FromSeconds(21), RateLimitOutcome.Unavailable);

        Assert.Contains("rankmybrand.rate_limit.decisions decided_by=fallback outcome=unavailable policy=api", _measured);
        Assert.DoesNotContain("rankmybrand.rate_limit.outages ", _measured);
    }

    [Fact]
    public async Task Outage_HasEnded_IsMeasuredInSeconds()
    {
        var time = new ManualTimeProvider();
        await using var instance = await LimiterInstance.StartAsync(
            _redis, time, ("ProbeInterval", "00:00:00.100"), ("Policies:api:Permits", "1"));
        using var listener = Listen(instance);
        _redis.Kill();
        await instance.CheckAsync("api");

        time.Advance(TimeSpan.FromSeconds(90));
        await _redis.RestartAsync(TestContext.Current.CancellationToken);

        for (var watch = Stopwatch.StartNew(); _outages.IsEmpty; await Task.Delay(20, TestContext.Current.CancellationToken))
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), "No outage was measured.");
        Assert.Equal([90], _outages);
    }

    [Fact]
    public async Task Check_MoreKeysThanFit_AreDecidedByRedisUntilThereIsRoom()
    {
        var time = new ManualTimeProvider();
        await using var instance = await LimiterInstance.StartAsync(
            _redis, time, ("MaxLocalKeys", "1"), ("Policies:api:Permits", "100"), ("Policies:api:Mode", "Leased"));
        using var listener = Listen(instance);

        await instance.CheckAsync("api", "a");
        await instance.CheckAsync("api", "b");
        time.Advance(TimeSpan.FromSeconds(20));
        instance.Services.GetRequiredService<LeasedLimits>().Sweep();
        await instance.CheckAsync("api", "b");

        Assert.Equal(
            ["instance", "redis", "instance"],
            _measured.Where(line => line.StartsWith("rankmybrand.rate_limit.decisions ", StringComparison.Ordinal))
                .Select(line => line.Split(' ')[1]["decided_by=".Length..]));
    }

    /// <summary>Checks a leased limit. A block is good for a second, and Redis may take 20.</summary>
    private async Task CheckLeasedAsync(TimeSpan answersAfter, RateLimitOutcome expected)
    {
        var time = new ManualTimeProvider();
        await using var instance = await LimiterInstance.StartAsync(
            _redis, time, ("RedisTimeout", "00:00:20"), ("Policies:api:Permits", "1000"), ("Policies:api:Mode", "Leased"),
            ("Policies:api:Failure", "Closed"));
        await using var control = await ConnectionMultiplexer.ConnectAsync($"{_redis.EndPoint},allowAdmin=true");
        await instance.CheckAsync("api", "warm");
        using var listener = Listen(instance);
        await control.GetDatabase().ExecuteAsync("CLIENT", "PAUSE", "30000", "WRITE");
        var check = instance.CheckAsync("api").AsTask();

        time.Advance(answersAfter);
        await control.GetDatabase().ExecuteAsync("CLIENT", "UNPAUSE");

        Assert.Equal(expected, (await check).Outcome);
    }

    private MeterListener Listen(LimiterInstance instance)
    {
        var factory = instance.Services.GetRequiredService<IMeterFactory>();
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == factory && instrument.Meter.Name == "RankMyBrand.RateLimiting")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => _measured.Enqueue(Line(instrument, tags)));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            _measured.Enqueue(Line(instrument, tags));
            if (instrument.Name == "rankmybrand.rate_limit.outage.duration")
                _outages.Enqueue(value);
        });
        listener.Start();
        return listener;
    }

    private static string Line(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        $"{instrument.Name} {string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal))}";
}
