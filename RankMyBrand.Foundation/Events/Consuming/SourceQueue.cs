using System.Runtime.InteropServices;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// What a consumer holds of one source, and which of it may be handled next. An event is ready, or with a handler, or it waits: for
/// another attempt, or behind one of its key. Not thread-safe.
/// </summary>
internal sealed class SourceQueue(EventOrdering ordering)
{
    // Keys of which an event is under way, each with those behind it.
    private readonly Dictionary<string, Queue<Delivery>?> _lanes = new(StringComparer.Ordinal);
    private readonly Queue<Delivery> _ready = new();
    private readonly Queue<Delivery> _again = new();
    private Delivery? _newest;
    private int _taken;
    private int _resting;
    private int _behind;

    /// <summary>How many a handler could take.</summary>
    public int Ready => _ready.Count + _again.Count;

    /// <summary>How many wait for another attempt, or behind one of their key.</summary>
    public int Waiting => _resting + _behind;

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Whether a handler has any of it, or has dealt with it and Redis does not know it yet.</summary>
    public bool IsBusy => All.Any(delivery => delivery.State is DeliveryState.Taken or DeliveryState.Done);

    /// <summary>Called when it is not busy any more.</summary>
    public Action? Settled { get; set; }

    /// <summary>Everything that is held, the newest first.</summary>
    public IEnumerable<Delivery> All
    {
        get
        {
            for (var delivery = _newest; delivery is not null; delivery = delivery.Older)
                yield return delivery;
        }
    }

    /// <summary>Takes in a delivery that has been read.</summary>
    public void Add(Delivery delivery)
    {
        Link(delivery);
        if (delivery.OrderKey is not { } key)
        {
            _ready.Enqueue(delivery);
            return;
        }

        ref var behind = ref CollectionsMarshal.GetValueRefOrAddDefault(_lanes, key, out var isUnderWay);
        if (isUnderWay)
        {
            (behind ??= new Queue<Delivery>()).Enqueue(delivery);
            _behind++;
        }
        else
        {
            _ready.Enqueue(delivery);
        }
    }

    /// <summary>Gives out what is ready, oldest attempts first, until <paramref name="batch"/> has <paramref name="size"/>.</summary>
    public void Take(List<Delivery> batch, int size)
    {
        if (ordering is EventOrdering.Stream && _taken + _resting > 0)
            return;
        while (batch.Count < size && (_again.TryDequeue(out var delivery) || _ready.TryDequeue(out delivery)))
        {
            if (delivery.IsLost)
            {
                Remove(delivery);
                FreeLane(delivery);
                continue;
            }

            delivery.State = DeliveryState.Taken;
            _taken++;
            batch.Add(delivery);
        }
    }

    /// <summary>A handler is done with it: the next one of its key may follow, unless it is to be tried again.</summary>
    public void Finish(Delivery delivery, bool again)
    {
        _taken--;
        delivery.State = again ? DeliveryState.Resting : DeliveryState.Done;
        if (again)
            _resting++;
        else
            FreeLane(delivery);
        TellWhenSettled();
    }

    /// <summary>The rest before another attempt is over.</summary>
    public void Return(Delivery delivery)
    {
        _resting--;
        delivery.State = DeliveryState.Ready;
        _again.Enqueue(delivery);
    }

    /// <summary>It is settled, or somebody else's.</summary>
    public void Remove(Delivery delivery)
    {
        if (delivery.Queue != this)
            return;
        if (delivery.Newer is { } newer)
            newer.Older = delivery.Older;
        else
            _newest = delivery.Older;
        if (delivery.Older is { } older)
            older.Newer = delivery.Newer;
        (delivery.Older, delivery.Newer, delivery.Queue) = (null, null, null);
        Count--;
        Bytes -= delivery.EntryBytes;
        TellWhenSettled();
    }

    /// <summary>Removes everything that no handler has; returns it, the oldest first.</summary>
    public List<Delivery> Abandon()
    {
        var idle = All.Where(delivery => delivery.State is DeliveryState.Ready or DeliveryState.Resting).Reverse().ToList();
        foreach (var delivery in idle)
        {
            delivery.IsLost = true;
            Remove(delivery);
        }

        return idle;
    }

    private void Link(Delivery delivery)
    {
        delivery.Queue = this;
        delivery.Older = _newest;
        if (_newest is { } newest)
            newest.Newer = delivery;
        _newest = delivery;
        Count++;
        Bytes += delivery.EntryBytes;
    }

    private void TellWhenSettled()
    {
        if (Settled is not null && !IsBusy)
            Settled();
    }

    private void FreeLane(Delivery delivery)
    {
        if (delivery.OrderKey is not { } key)
            return;
        if (_lanes[key] is { Count: > 0 } behind)
        {
            _behind--;
            _ready.Enqueue(behind.Dequeue());
        }
        else
        {
            _lanes.Remove(key);
        }
    }
}
