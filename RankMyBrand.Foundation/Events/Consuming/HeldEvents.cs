namespace RankMyBrand.Foundation.Events;

/// <summary>
/// What a consumer holds: read and not acknowledged yet. It stands between the reader, which it makes wait while there is enough to do,
/// and the handlers, to whom it gives what the order allows.
/// </summary>
internal sealed class HeldEvents(IReadOnlyList<StreamSource> sources, EventHandlerOptions options, TimeProvider time) : IDisposable
{
    private const long MaxBytes = 64 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Signal _work = new();
    private TaskCompletionSource? _room;
    private int _turn;
    private bool _isDraining;
    private bool _isOver;

    /// <summary>Returns when another batch of any of some sources should be fetched, or on cancellation.</summary>
    public async Task WaitForRoomAsync(IReadOnlyList<StreamSource> wanted, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Task changed;
            lock (_lock)
            {
                if (HasRoom(wanted))
                    return;
                changed = (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Those that may be read, and of which there is not enough to do already.</summary>
    public StreamSource[] Readable(IReadOnlyList<StreamSource> wanted)
    {
        lock (_lock)
            return [.. wanted.Where(source => source.CanRead && source.Queue.Ready < options.BatchSize)];
    }

    /// <summary>Those that may be read, but of which there is enough to do already.</summary>
    public StreamSource[] Full(IReadOnlyList<StreamSource> wanted)
    {
        lock (_lock)
            return [.. wanted.Where(source => source.CanRead && source.Queue.Ready >= options.BatchSize)];
    }

    /// <summary>Takes in what has been read of a source, unless it has changed hands since.</summary>
    public void Add(StreamSource source, SourceQueue queue, List<Delivery> deliveries)
    {
        var now = time.GetTimestamp();
        lock (_lock)
        {
            if (source.Queue != queue)
                return;
            foreach (var delivery in deliveries)
            {
                delivery.RenewedAt = now;
                queue.Add(delivery);
            }
        }

        _work.Set();
    }

    /// <summary>Fills a batch of one source as soon as there is anything to handle; false when nothing more is to be handled.</summary>
    public async ValueTask<bool> TakeAsync(List<Delivery> batch, int size)
    {
        while (!TryTake(batch, size, out var more))
        {
            if (!more)
            {
                // The next one who waits shall hear it too.
                _work.Set();
                return false;
            }

            await _work.WaitAsync(Timeout.InfiniteTimeSpan, CancellationToken.None);
        }

        return true;
    }

    /// <summary>
    /// The handler is done with a batch; those it failed at and that are to be tried again come back by <see cref="Return"/>.
    /// </summary>
    public void Finish(List<Delivery> batch, List<Delivery> again)
    {
        lock (_lock)
        {
            var next = 0;
            foreach (var delivery in batch)
            {
                var isAgain = next < again.Count && again[next] == delivery;
                next += isAgain ? 1 : 0;
                delivery.Queue?.Finish(delivery, isAgain);
            }
        }

        _work.Set();
    }

    /// <summary>The rest before another attempt is over.</summary>
    public void Return(List<Delivery> deliveries)
    {
        lock (_lock)
        {
            foreach (var delivery in deliveries)
                delivery.Queue?.Return(delivery);
        }

        _work.Set();
    }

    /// <summary>They are settled.</summary>
    public void Remove(List<Delivery> deliveries)
    {
        lock (_lock)
        {
            foreach (var delivery in deliveries)
                delivery.Queue?.Remove(delivery);
            TellOfRoom();
        }
    }

    /// <summary>Changes what may be done with a source.</summary>
    public void Change(Action change)
    {
        lock (_lock)
        {
            change();
            TellOfRoom();
        }

        _work.Set();
    }

    /// <summary>Runs a question while nothing changes.</summary>
    public T Ask<T>(Func<T> question)
    {
        lock (_lock)
            return question();
    }

    /// <summary>From now on handlers only get what is ready.</summary>
    public void Drain() => Change(() => _isDraining = true);

    /// <summary>From now on handlers get nothing.</summary>
    public void End() => Change(() => _isOver = true);

    public void Dispose() => _work.Dispose();

    private bool HasRoom(IReadOnlyList<StreamSource> wanted)
    {
        var waiting = 0;
        long bytes = 0;
        foreach (var source in sources)
        {
            waiting += source.Queue.Waiting;
            bytes += source.Queue.Bytes;
        }

        if (waiting >= options.MaxWaiting || bytes >= MaxBytes)
            return false;
        var isOpen = false;
        foreach (var source in wanted)
        {
            if (source.IsOpen && source.Queue.Ready < options.BatchSize)
                return true;
            isOpen |= source.IsOpen;
        }

        // It is not for want of room that nothing can be read.
        return !isOpen;
    }

    private void TellOfRoom()
    {
        _room?.TrySetResult();
        _room = null;
    }

    /// <summary>Each source in its turn, so that a busy one does not starve the others.</summary>
    private bool TryTake(List<Delivery> batch, int size, out bool more)
    {
        var now = time.GetTimestamp();
        lock (_lock)
        {
            more = !_isOver;
            for (var i = 0; i < sources.Count && !_isOver; i++)
            {
                var source = sources[_turn];
                _turn = (_turn + 1) % sources.Count;
                if (!source.CanHandle(now))
                    continue;
                source.Queue.Take(batch, size);
                // Also when nothing was given out: what is another consumer's may have been dropped.
                TellOfRoom();
                if (batch.Count == 0)
                    continue;
                if (source.Queue.Ready > 0 || sources.Count > 1)
                    _work.Set();
                return true;
            }

            more &= !_isDraining;
            return false;
        }
    }
}
