using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.RateLimiting.Redis;

namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>Renews held slots, returns unused tokens, and forgets what is not needed any more.</summary>
internal sealed class RateLimitUpkeep(RateLimitParts parts) : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await parts.Leased.GiveBackAllAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, parts.Clock.Provider);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await parts.Slots.UpkeepAsync(stoppingToken);
            parts.Leased.Sweep();
            parts.Blocked.Sweep();
            parts.Local.Sweep();
        }
    }
}
