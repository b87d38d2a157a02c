namespace RankMyBrand.Foundation.Events;

/// <summary>Wakes one who waits, now or later; several calls before he waits wake him once.</summary>
internal sealed class Signal : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _set = new(0, 1);

    public void Set()
    {
        lock (_lock)
        {
            if (_set.CurrentCount == 0)
                _set.Release();
        }
    }

    /// <summary>Returns when it is set, when the time has passed, or on cancellation.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        Task waiting = _set.WaitAsync(atMost, cancellationToken);
        await waiting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _set.Dispose();
}
