namespace RankMyBrand.Foundation.Events;

/// <summary>Where events rest until their next attempt is due.</summary>
internal sealed class RetryQueue(ConsumerContext context, PendingEntries pending) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Signal _earlier = new();
    private readonly PriorityQueue<List<Delivery>, long> _resting = new();

    /// <summary>Has events of one source tried again, together and in their order.</summary>
    public void Add(List<Delivery> deliveries, TimeSpan delay)
    {
        lock (_lock)
            _resting.Enqueue(deliveries, context.Time.GetTimestamp() + (long)(delay.TotalSeconds * context.Time.TimestampFrequency));
        _earlier.Set();
    }

    /// <summary>Gives back to the handlers what is due, until it is stopped.</summary>
    public async Task RunAsync()
    {
        var stop = context.Lifetime.Stopping;
        while (!stop.IsCancellationRequested)
        {
            if (TakeDue(out var wait) is not { } due)
            {
                await _earlier.WaitAsync(wait, stop);
                continue;
            }

            // What another consumer has is not tried again. It is returned all the same: only its queue can let go of it.
            var own = due.FindAll(delivery => !delivery.IsLost);
            // The attempt is counted before it begins: one that ends the process counts too.
            own.ForEach(delivery => delivery.TryAgain());
            if (own.Count > 0)
                context.Telemetry.Redelivered(own[0].Stream, context.Subscription.Group, own.Count);
            if (await context.Patience.UntilDoneAsync("count an attempt", () => pending.CountAttemptsAsync(own), stop))
                context.Held.Return(due);
        }
    }

    public void Dispose() => _earlier.Dispose();

    private List<Delivery>? TakeDue(out TimeSpan wait)
    {
        lock (_lock)
        {
            wait = Timeout.InfiniteTimeSpan;
            if (!_resting.TryPeek(out _, out var at))
                return null;
            var now = context.Time.GetTimestamp();
            if (at <= now)
                return _resting.Dequeue();
            // Rounded up: a timer that fires a little early would find nothing due.
            wait = context.Time.GetElapsedTime(now, at) + TimeSpan.FromMilliseconds(1);
            return null;
        }
    }
}
