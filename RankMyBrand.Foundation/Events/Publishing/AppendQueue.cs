using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Commits batches to one key in groups. A batch goes out at once while little is under way; what comes meanwhile shares the next
/// transaction, so the more there is to append, the more events share one reply, one turn and one sync of the server. Nothing waits
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
    private readonly Queue<AppendedBatch> _waiting = new();
    private int _waitingEvents;
    private int _underWay;

    /// <summary>Appends a batch; the replies to its commands tell it what became of them.</summary>
    public void Add(AppendedBatch batch)
    {
        lock (_lock)
        {
            _waiting.Enqueue(batch);
            _waitingEvents += batch.Count;
        }

        while (TakeGroup() is { } group)
            _ = CommitAsync(group);
    }

    private List<AppendedBatch>? TakeGroup()
    {
        lock (_lock)
        {
            if (_waiting.Count == 0 || _underWay >= MaxUnderWay || (_underWay > 0 && _waitingEvents < WorthItsOwn))
                return null;
            _underWay++;
            var (events, bytes) = (0, 0L);
            var group = new List<AppendedBatch>();
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

    private async Task CommitAsync(List<AppendedBatch> group)
    {
        while (true)
        {
            var transaction = redis.CreateTransaction();
            foreach (var batch in group)
                batch.Write(transaction);

            // A failure is the failure of each command too, and the batches see it there.
            await ((Task)transaction.ExecuteAsync()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            lock (_lock)
                _underWay--;
            if (TakeGroup() is not { } next)
                return;
            group = next;
        }
    }
}
