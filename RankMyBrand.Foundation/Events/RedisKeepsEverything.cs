using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Refuses to start against a Redis that may evict keys, and warns when its memory runs out: a full Redis without eviction refuses
/// writes, one with eviction would drop whole streams without a word.
/// </summary>
internal sealed partial class RedisKeepsEverything(IConnectionMultiplexer redis, TimeProvider time, ILogger<RedisKeepsEverything> logger)
    : BackgroundService
{
    private const double AlarmAt = 0.75;
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The server's maxmemory-policy is not noeviction.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await CheckAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await CheckAsync(stoppingToken);
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, string> memory;
        try
        {
            var info = await redis.GetServers()[0].InfoAsync("memory").WaitAsync(cancellationToken);
            memory = info.SelectMany(section => section).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            // Readiness tells that Redis is away; the next round looks again.
            return;
        }

        var policy = memory.GetValueOrDefault("maxmemory_policy", "noeviction");
        if (policy != "noeviction")
        {
            throw new InvalidOperationException(
                $"Redis at {redis.GetServers()[0].EndPoint} has maxmemory-policy '{policy}' and would drop events when its memory is full. "
                + "Set maxmemory-policy to noeviction, or give the events a Redis of their own.");
        }

        var limit = long.Parse(memory.GetValueOrDefault("maxmemory", "0"));
        var used = long.Parse(memory.GetValueOrDefault("used_memory", "0"));
        if (limit > 0 && used >= limit * AlarmAt)
            LogMemoryLow(logger, used / (double)limit, used / (1024 * 1024), limit / (1024 * 1024));
    }

    [LoggerMessage(120, LogLevel.Warning, "Redis uses {Share:P0} of its memory ({Used} of {Limit} MiB); at 100 % it refuses events")]
    private static partial void LogMemoryLow(ILogger logger, double share, long used, long limit);
}
