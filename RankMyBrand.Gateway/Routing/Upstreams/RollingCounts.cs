namespace RankMyBrand.Gateway.Routing.Upstreams;

/// <summary>How many things there were within a time that moves along, and how many of them were of the marked kind.</summary>
internal sealed class RollingCounts(TimeProvider time)
{
    private const int Slots = 10;

    private readonly Lock _lock = new();
    private readonly (int All, int Marked)[] _slots = new (int, int)[Slots];
    private long _slot;
    private int _all;
    private int _marked;

    public void Add(TimeSpan window, int all, int marked)
    {
        lock (_lock)
        {
            MoveTo(window);
            ref var slot = ref _slots[_slot % Slots];
            slot = (slot.All + all, slot.Marked + marked);
            _all += all;
            _marked += marked;
        }
    }

    /// <summary>Adds a marked one if the condition on the counts so far is met.</summary>
    public bool TryMark(TimeSpan window, Func<int, int, double, bool> condition, double argument)
    {
        lock (_lock)
        {
            MoveTo(window);
            if (!condition(_all, _marked, argument))
                return false;
            _slots[_slot % Slots].Marked++;
            _marked++;
            return true;
        }
    }

    public (int All, int Marked) Read(TimeSpan window)
    {
        lock (_lock)
        {
            MoveTo(window);
            return (_all, _marked);
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            Array.Clear(_slots);
            (_all, _marked) = (0, 0);
        }
    }

    private void MoveTo(TimeSpan window)
    {
        var now = time.GetTimestamp() / Math.Max(1, (long)(window.TotalSeconds * time.TimestampFrequency / Slots));
        if (now == _slot)
            return;
        // Backwards only after the window was configured anew.
        var passed = now < _slot ? Slots : Math.Min(Slots, now - _slot);
        for (var i = 1; i <= passed; i++)
        {
            ref var slot = ref _slots[(_slot + i) % Slots];
            _all -= slot.All;
            _marked -= slot.Marked;
            slot = default;
        }

        _slot = now;
    }
}
