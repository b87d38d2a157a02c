using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.RateLimiting.Redis;

/// <summary>
/// Knows whether Redis can be asked. The first failure begins an outage: one warning, and from then on nobody waits for Redis but one
/// probe, which ends the outage when a write succeeds.
/// </summary>
internal sealed partial class RedisAvailability(
    IConnectionMultiplexer redis, RateLimitPlanHolder plans, LocalClock clock, RateLimitTelemetry telemetry,
    ILogger<RedisAvailability> logger)
    : IAsyncDisposable, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private volatile bool _isAway;
    private long? _recoveredAt;
    private Task _probing = Task.CompletedTask;

    public bool IsAway => _isAway;

    /// <summary>When the last outage ended; null when there was none.</summary>
    public long? RecoveredAt
    {
        get
        {
            lock (_gate)
                return _recoveredAt;
        }
    }

    /// <summary>True for failures of Redis or of the way to it; false for cancellation and for faults of our own.</summary>
    public static bool IsFailure(Exception e) =>
        e is RedisException or RedisCommandException or TimeoutException or SocketException or IOException or ObjectDisposedException;

    public void Failed(Exception e)
    {
        lock (_gate)
        {
            if (_isAway || _stop.IsCancellationRequested)
                return;
            _isAway = true;
            _probing = ProbeAsync();
        }

        telemetry.OutageBegan();
        LogOutage(logger, e.Message);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _probing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    public void Dispose() => _stop.Cancel();

    private async Task ProbeAsync()
    {
        var began = clock.Now;
        while (true)
        {
            await Task.Delay(plans.Current.Options.ProbeInterval, clock.Provider, _stop.Token);
            if (await AnswersAsync())
            {
                lock (_gate)
                    (_isAway, _recoveredAt) = (false, clock.Now);
                var seconds = clock.Milliseconds(began, clock.Now) / 1000;
                telemetry.OutageEnded(seconds);
                LogRecovered(logger, seconds);
                return;
            }
        }
    }

    private async Task<bool> AnswersAsync()
    {
        var options = plans.Current.Options;
        try
        {
            // A write: a replica, or a server whose memory is full, answers a ping.
            await redis.GetDatabase()
                .StringSetAsync($"{options.KeyPrefix}probe", 1, TimeSpan.FromSeconds(1))
                .WaitAsync(options.RedisTimeout, clock.Provider, _stop.Token);
            return true;
        }
        catch (Exception e) when (IsFailure(e))
        {
            return false;
        }
    }

    [LoggerMessage(510, LogLevel.Warning, "Redis does not serve the rate limits ({Reason}); until it does they are decided locally")]
    private static partial void LogOutage(ILogger logger, string reason);

    [LoggerMessage(511, LogLevel.Information, "Redis serves the rate limits again after {Seconds:F1} s")]
    private static partial void LogRecovered(ILogger logger, double seconds);
}
