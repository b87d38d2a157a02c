using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Commits what is appended to one key in groups. An append goes out at once while little is under way; what comes meanwhile shares the
/// next transaction, so the more there is to append, the more events share one reply, one turn and one sync of the server. Nothing waits
/// for a clock.
/// </summary>
internal sealed class AppendQueue(IDatabase redis)
{
    private const int MaxUnderWay = 3;
    private const int MaxEvents = 1000;
    private const int MaxBytes = 1024 * 1024;

    /// <summary>So many events are worth a transaction beside the one that is under way.</summary>
    private const int WorthItsOwn = 500;

    private readonly Lock _lock = new();
    private readonly Queue<IQueuedAppend> _waiting = new();
    private int _waitingEvents;
    private int _underWay;

    /// <summary>Appends something; the replies to its commands tell it what became of them.</summary>
    public void Add(IQueuedAppend append)
    {
        lock (_lock)
        {
            _waiting.Enqueue(append);
            _waitingEvents += append.Count;
        }

        while (TakeGroup() is { } group)
            _ = CommitAsync(group);
    }

    private List<IQueuedAppend>? TakeGroup(List<IQueuedAppend>? used = null)
    {
        lock (_lock)
        {
            if (_waiting.Count == 0 || _underWay >= MaxUnderWay || (_underWay > 0 && _waitingEvents < WorthItsOwn))
                return null;
            _underWay++;
            var (events, bytes) = (0, 0L);
            var group = used ?? [];
            group.Clear();
            while (_waiting.TryPeek(out var next)
                && (group.Count == 0 || (events + next.Count <= MaxEvents && bytes + next.Bytes <= MaxBytes)))
            {
                group.Add(_waiting.Dequeue());
                (events, bytes) = (events + next.Count, bytes + next.Bytes);
            }

            _waitingEvents -= events;
            return group;
        }
    }

    private async Task CommitAsync(List<IQueuedAppend> group)
    {
        while (true)
        {
            // A failure is the failure of each command too, and who appends sees it there.
            await SendAsync(group).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Whoever was waiting for these replies may have the next event, which then is in the next group and not in the one after.
            await Task.Yield();
            lock (_lock)
                _underWay--;
            if (TakeGroup(group) is null)
                return;
        }
    }

    private Task SendAsync(List<IQueuedAppend> group)
    {
        if (group is [{ Count: 1 } single])
            return single.Write(redis);
        var transaction = redis.CreateTransaction();
        foreach (var append in group)
            _ = append.Write(transaction);
        return transaction.ExecuteAsync();
    }
}
