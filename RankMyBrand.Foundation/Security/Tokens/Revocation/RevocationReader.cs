using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RankMyBrand.Foundation.RateLimiting.Redis;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// Follows the shared list of revocations while the service runs. While Redis is away, what is known stays in force, and one warning
/// says so; what was revoked meanwhile counts within a second of its return.
/// </summary>
internal sealed partial class RevocationReader(RevocationFollower follower, TimeProvider time, ILogger<RevocationReader> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private bool _isAway;

    /// <summary>Reads the list, so that it counts from the first request on. Without Redis the start goes on after a few seconds.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LookAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var lookedAt = time.GetTimestamp();
        while (true)
        {
            await follower.WaitAsync(s_interval, stoppingToken);
            if (stoppingToken.IsCancellationRequested)
                return;
            follower.TakeNotes();
            if (time.GetElapsedTime(lookedAt) < s_interval)
                continue;
            await LookAsync(stoppingToken);
            lookedAt = time.GetTimestamp();
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            await follower.LookAsync(cancellationToken);
            if (_isAway)
                LogBack(logger);
            _isAway = false;
        }
        catch (Exception e) when (RedisAvailability.IsFailure(e))
        {
            follower.Forget();
            if (!_isAway)
                LogAway(logger, e.Message);
            _isAway = true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The service stops.
        }
    }

    [LoggerMessage(
        531, LogLevel.Warning,
        "The list of revoked tokens cannot be read ({Reason}); what is known of it stays in force, and what is new counts when it can be")]
    private static partial void LogAway(ILogger logger, string reason);

    [LoggerMessage(532, LogLevel.Information, "The list of revoked tokens is read again, and counts as it is now")]
    private static partial void LogBack(ILogger logger);
}
