namespace RankMyBrand.Foundation.Events;

/// <summary>Renews what takes long: what a handler has, and what waits.</summary>
internal sealed class Renewal(ConsumerContext context, PendingEntries pending)
{
    private readonly TimeSpan _interval = context.Options.ClaimAfter / 4;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(_interval, context.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var source in context.Subscription.Sources)
            {
                var old = context.Held.Ask(() => source.Queue.All.Where(IsOld).ToList());
                if (old.Count > 0)
                    await context.Patience.UntilDoneAsync("renew entries", () => pending.RenewAsync(source, old), cancellationToken);
            }
        }
    }

    private bool IsOld(Delivery delivery) => !delivery.IsLost && context.Time.GetElapsedTime(delivery.RenewedAt) >= _interval;
}
