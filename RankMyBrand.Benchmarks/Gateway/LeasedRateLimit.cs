using System.Diagnostics;
using RankMyBrand.Benchmarks.Running;
using RankMyBrand.Foundation.RateLimiting;

namespace RankMyBrand.Benchmarks.Gateway;

/// <summary>A check that takes tokens in blocks and decides without asking Redis, as every request through the gateway makes it.</summary>
internal sealed class LeasedRateLimit : Benchmark
{
    // Callers that are busy, each worth a large block of tokens.
    private const int Keys = 16;

    public override string Suite => "gateway";

    public override int Order => 40;

    public override async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        using var host = await RateLimitLoad.StartHostAsync(await run.Servers.RedisAsync(cancellationToken), cancellationToken);
        var limiter = host.Limiter();
        var time = await run.MeasureAsync(stop => CheckAsync(limiter, run.Amount(4_000_000), stop), cancellationToken);
        await host.StopAsync(cancellationToken);
        return
        [
            Figure.AtMost(
                "rate-limit check, leased", "µs", time, 5,
                "mean of one thread's checks of 16 busy keys, the naming of the key and the fetching of tokens included"),
        ];
    }

    private static async Task<double> CheckAsync(RateLimiter limiter, int count, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            var key = limiter.KeyFor(RateLimitLoad.Leased, new RateLimitCaller { Caller = RateLimitLoad.Keys[i % Keys] });
            await RateLimitLoad.CheckAsync(limiter, RateLimitLoad.Leased, key, cancellationToken);
        }

        return Stopwatch.GetElapsedTime(started).TotalMicroseconds / count;
    }
}
