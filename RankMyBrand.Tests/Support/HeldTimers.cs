using System.Collections.Concurrent;

namespace RankMyBrand.Tests.Support;

/// <summary>The real time, but timers are over only when the test says so.</summary>
internal sealed class HeldTimers : TimeProvider
{
    private readonly ConcurrentDictionary<Timer, TimeSpan> _set = new();

    /// <summary>After what time each timer would be over that is neither over nor disposed of.</summary>
    public ICollection<TimeSpan> Set => _set.Values;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Has all timers be over.</summary>
    public void Fire()
    {
        foreach (var timer in _set.Keys)
        {
            if (_set.TryRemove(timer, out _))
                timer.Callback(timer.State);
        }
    }

    private sealed class Timer(HeldTimers timers, TimerCallback callback, object? state) : ITimer
    {
        public TimerCallback Callback => callback;

        public object? State => state;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == Timeout.InfiniteTimeSpan)
                timers._set.TryRemove(this, out _);
            else
                timers._set[this] = dueTime;
            return true;
        }

        public void Dispose() => timers._set.TryRemove(this, out _);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
