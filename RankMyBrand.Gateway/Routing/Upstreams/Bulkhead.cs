namespace RankMyBrand.Gateway.Routing.Upstreams;

/// <summary>Lets so many requests through at a time, some wait for a short while in the order of their coming, and no more.</summary>
internal sealed class Bulkhead
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource<bool>> _waiting = new();
    private int _running;

    /// <summary>Asks for a place. The limits are those of the moment, whatever they were for others.</summary>
    /// <returns>Whether there is a place; whoever has one leaves it with <see cref="Leave"/>.</returns>
    public ValueTask<bool> EnterAsync(BulkheadOptions options, CancellationToken cancellationToken)
    {
        TaskCompletionSource<bool> place;
        lock (_lock)
        {
            Admit(options);
            if (_running < options.MaxConcurrency)
            {
                _running++;
                return new(true);
            }

            if (_waiting.Count >= options.QueueLength)
                ForgetThoseWhoLeft();
            if (_waiting.Count >= options.QueueLength)
                return new(false);
            place = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(place);
        }

        return new(WaitAsync(place, options.QueueTimeout, cancellationToken));
    }

    public void Leave(BulkheadOptions options)
    {
        lock (_lock)
        {
            _running--;
            Admit(options);
        }
    }

    private void Admit(BulkheadOptions options)
    {
        while (_running < options.MaxConcurrency && _waiting.TryDequeue(out var next))
        {
            if (next.TrySetResult(true))
                _running++;
        }
    }

    private void ForgetThoseWhoLeft()
    {
        for (var left = _waiting.Count; left > 0; left--)
        {
            if (_waiting.Dequeue() is { Task.IsCompleted: false } waiter)
                _waiting.Enqueue(waiter);
        }
    }

    private static async Task<bool> WaitAsync(TaskCompletionSource<bool> place, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(timeout);
        // Whoever is given the place in the same moment keeps it.
        await using (waiting.Token.UnsafeRegister(static state => ((TaskCompletionSource<bool>)state!).TrySetResult(false), place))
            return await place.Task;
    }
}
