using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Trims streams with a retention of what is acknowledged and too old, also while nobody publishes. Any number of services may do so at
/// once: each trim is one atomic step.
/// </summary>
internal sealed partial class StreamUpkeep(
    IConnectionMultiplexer redis, IOptions<EventsOptions> options, TimeProvider time, ILogger<StreamUpkeep> logger) : BackgroundService
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var kept = options.Value.Streams.Where(stream => stream.Value.Retention is not null).ToArray();
        if (kept.Length == 0)
            return;

        var database = redis.GetDatabase();
        var trimmers = kept.Select(stream => (stream.Key, Trimmer: new StreamTrimmer(
            database, [.. options.Value.KeysOf(stream.Key).Select(key => (RedisKey)key)], stream.Value))).ToArray();
        // A tenth of the retention is late enough not to matter.
        var tenth = kept.Min(stream => stream.Value.Retention!.Value) / 10;
        using var timer = new PeriodicTimer(tenth < s_shortest ? s_shortest : tenth > s_longest ? s_longest : tenth, time);
        do
        {
            foreach (var (stream, trimmer) in trimmers)
                await TrimAsync(stream, trimmer);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task TrimAsync(string stream, StreamTrimmer trimmer)
    {
        try
        {
            await trimmer.TrimAsync();
        }
        catch (Exception e) when (e is RedisException or RedisTimeoutException)
        {
            LogFailed(logger, stream, e.Message);
        }
    }

    [LoggerMessage(101, LogLevel.Warning, "The stream {Stream} could not be trimmed and will be at the next interval: {Reason}")]
    private static partial void LogFailed(ILogger logger, string stream, string reason);
}
