using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Archives the streams that publishing has created, each from its first event. One consumer has all of them: when there are more it is
/// followed by another, and gives back what it has not begun.
/// </summary>
internal sealed partial class CreatedStreamsArchive(
    IServiceProvider services,
    EventHandlerOptions handling,
    IConnectionMultiplexer redis,
    IOptions<EventsOptions> options,
    TimeProvider time,
    ILogger<CreatedStreamsArchive> logger) : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private EventConsumer? _consumer;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_consumer is not null)
            await _consumer.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        base.Dispose();
        _consumer?.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, time);
        do
        {
            try
            {
                // What is known stays: a set that was lost with Redis's data is written again by whoever publishes.
                var count = _known.Count;
                _known.UnionWith(await CreatedStreams.ListAsync(redis.GetDatabase(), options.Value));
                if (_known.Count > count)
                    await FollowAsync(stoppingToken);
            }
            catch (Exception e) when (TransientFailure.Is(e) || e is RedisException)
            {
                LogTrouble(logger, e.Message);
            }

            // A fault of the consumer is one of this service, and ends the host.
            if (_consumer?.ExecuteTask is { IsFaulted: true } failed)
                await failed;
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task FollowAsync(CancellationToken stoppingToken)
    {
        if (_consumer is not null)
        {
            await _consumer.StopAsync(CancellationToken.None);
            _consumer.Dispose();
        }

        _consumer = services.CreateEventConsumer(
            new EventSubscription([.. _known], EventStoreExtensions.ArchiveGroup, handling, options.Value),
            new ScopedHandler<EventArchiver>(services.GetRequiredService<IServiceScopeFactory>()));
        await _consumer.StartAsync(stoppingToken);
        LogFollows(logger, _known.Count);
    }

    [LoggerMessage(145, LogLevel.Warning, "Created streams could not be looked for: {Reason}")]
    private static partial void LogTrouble(ILogger logger, string reason);

    [LoggerMessage(146, LogLevel.Information, "Archiving {Count} streams that publishing has created")]
    private static partial void LogFollows(ILogger logger, int count);
}
