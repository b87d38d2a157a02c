using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Benchmarks.Events;
using RankMyBrand.Benchmarks.Running;
using RankMyBrand.Benchmarks.Servers;
using RankMyBrand.Foundation.RateLimiting;
using StackExchange.Redis;

namespace RankMyBrand.Benchmarks.Gateway;

/// <summary>
/// A check of a token bucket in Redis: how long one takes, and how many a second fifty callers do against the usual limiter in Node.
/// </summary>
internal sealed class AtomicRateLimit : Benchmark
{
    private const int Callers = 50;

    public override string Suite => "gateway";

    public override int Order => 30;

    public override async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var redis = await run.Servers.RedisAsync(cancellationToken);
        using var host = await RateLimitLoad.StartHostAsync(redis, cancellationToken);
        var limiter = host.Limiter();
        var p50 = await run.MeasureAsync(stop => MedianAsync(limiter, run.Amount(5000), stop), cancellationToken);
        await SetSyncAsync(redis, "everysec");
        var p50WithoutSync = await run.MeasureAsync(stop => MedianAsync(limiter, run.Amount(5000), stop), cancellationToken);
        await SetSyncAsync(redis, "always");
        var (ours, peer) = await run.CompareAsync(
            stop => RateAsync(limiter, run.Amount(200_000), stop),
            stop => NodeAsync(redis, run.Amount(60_000), stop),
            cancellationToken);
        await host.StopAsync(cancellationToken);
        return
        [
            Figure.AtMost(
                "rate-limit check, atomic, p50",
                "ms",
                p50,
                0.3,
                "one after the other, on the platform's Redis, which syncs each write to disk"),
            Figure.AtMost(
                "rate-limit check, atomic, p50, no sync",
                "ms",
                p50WithoutSync,
                0.3,
                "one after the other, on a Redis that syncs once a second"),
            Figure.MoreIsBetter(
                "rate-limit checks, atomic", "checks/s", ours, peer, "rate-limiter-flexible, ioredis", 1,
                $"{Callers} concurrent callers, 1,000 keys, the same Redis"),
        ];
    }

    private static async Task SetSyncAsync(ConfigurationOptions redis, string policy)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis);
        await connection.GetServers()[0].ConfigSetAsync("appendfsync", policy);
    }

    private static async Task<double> MedianAsync(RateLimiter limiter, int count, CancellationToken cancellationToken)
    {
        var times = new double[count];
        for (var i = 0; i < count; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await RateLimitLoad.CheckAsync(
                limiter, RateLimitLoad.Atomic, RateLimitLoad.Keys[i % RateLimitLoad.Keys.Length], cancellationToken);
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        return BenchmarkRun.Median(times);
    }

    private static async Task<double> RateAsync(RateLimiter limiter, int count, CancellationToken cancellationToken)
    {
        var left = count;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            for (int i; (i = Interlocked.Decrement(ref left)) >= 0;)
            {
                await RateLimitLoad.CheckAsync(
                    limiter, RateLimitLoad.Atomic, RateLimitLoad.Keys[i % RateLimitLoad.Keys.Length], cancellationToken);
            }
        }));
        return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task<double> NodeAsync(ConfigurationOptions redis, int count, CancellationToken cancellationToken)
    {
        var (host, port, password) = RedisBenchmarkPeer.Address(redis);
        var (checks, callers) = (count.ToString(CultureInfo.InvariantCulture), Callers.ToString(CultureInfo.InvariantCulture));
        return double.Parse(
            await NodePeer.RunAsync("rate-limit.js", [host, port, password, "peer", checks, callers], cancellationToken),
            CultureInfo.InvariantCulture);
    }
}
