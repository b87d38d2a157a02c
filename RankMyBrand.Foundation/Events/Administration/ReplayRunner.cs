using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Carries replays on, side by side. Each is one runner's at a time; those of a runner that is gone are free within seconds.
/// </summary>
internal sealed partial class ReplayRunner(
    Replays replays,
    IConnectionMultiplexer redis,
    NpgsqlDataSource database,
    IOptions<EventsOptions> options,
    TimeProvider time,
    ILogger<ReplayRunner> logger) : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly string _name = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid():N}";
    private readonly Dictionary<string, Task> _running = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        try
        {
            do
            {
                try
                {
                    await LookAsync(ending.Token);
                }
                catch (Exception e) when (TransientFailure.Is(e) || e is RedisServerException)
                {
                    LogTrouble(logger, e.Message);
                }
            }
            while (await WaitAsync(timer, stoppingToken));
        }
        finally
        {
            // They give their replays back, so that others go on with them at once. What has ended the looking ends them, too: until they
            // have ended nobody hears of it.
            await ending.CancelAsync();
            await Task.WhenAll(_running.Values);
        }
    }

    private static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task LookAsync(CancellationToken stoppingToken)
    {
        foreach (var ended in _running.Where(run => run.Value.IsCompleted).ToList())
            _running.Remove(ended.Key);
        foreach (var stream in await replays.StreamsAsync())
        {
            if (options.Value.Refuse(stream) is not null)
                continue;
            foreach (var replay in await replays.ListAsync(stream, stoppingToken))
            {
                if (replay.State is ReplayState.Running && !_running.ContainsKey(replay.Id))
                {
                    _running.Add(
                        replay.Id,
                        new ReplayRun(
                            replays, replay, ReaderOf(replay.Request), _name, Boundary(replay), time, logger).RunAsync(stoppingToken));
                }
            }
        }
    }

    private IReplayReader ReaderOf(ReplayRequest request) => request.Source is ReplaySource.Store
        ? new StoreReplayReader(database, request, logger)
        : new StreamReplayReader(redis.GetDatabase(), request, options.Value.KeysOf(request.Stream));

    private ArchiveProgress? Boundary(Replay replay) =>
        replay is { IsNewGroup: true, Request.Source: ReplaySource.Store }
            ? new ArchiveProgress(redis.GetDatabase(), options.Value.KeysOf(replay.Request.Stream))
            : null;

    [LoggerMessage(162, LogLevel.Warning, "Replays could not be looked for: {Reason}")]
    private static partial void LogTrouble(ILogger logger, string reason);
}
