namespace RankMyBrand.Foundation.RateLimiting.Local;

/// <summary>This instance's share of a sliding window: the same segments that Redis would count.</summary>
internal sealed class LocalSlidingWindow(RateLimitRule rule, LocalClock clock) : LocalLimit(rule, clock)
{
    private readonly double _segmentMilliseconds = rule.Window.TotalMilliseconds / rule.Segments;
    private long[] _counts = new long[rule.Segments + 1];
    private long _start = clock.Now;
    private long _index;
    private long _used;

    public override bool TryTake(long cost, long now, out RateLimitStatus status)
    {
        lock (Gate)
        {
            Advance(now);
            // A cost above the share waits for an empty window: it would else be refused for as long as the outage lasts.
            var isTaken = _used == 0 || _used + cost <= Rule.Share;
            if (isTaken)
            {
                _counts[_index % _counts.Length] += cost;
                _used += cost;
            }

            status = new RateLimitStatus(
                Rule, !isTaken, Math.Max(0, Rule.Share - _used), UntilUsedIsAtMost(0, now),
                isTaken ? TimeSpan.Zero : UntilUsedIsAtMost(Math.Max(0, Rule.Share - cost), now));
            return isTaken;
        }
    }

    public override void PutBack(long cost)
    {
        lock (Gate)
        {
            var back = Math.Min(cost, _counts[_index % _counts.Length]);
            _counts[_index % _counts.Length] -= back;
            _used -= back;
        }
    }

    public override bool IsFull(long now)
    {
        lock (Gate)
        {
            Advance(now);
            return _used == 0;
        }
    }

    protected override LocalLimit Successor(RateLimitRule other, long now) =>
        new LocalSlidingWindow(other, Clock) { _counts = [.. _counts], _start = _start, _index = _index, _used = _used };

    private void Advance(long now)
    {
        var index = (long)(Clock.Milliseconds(_start, now) / _segmentMilliseconds);
        for (var steps = Math.Min(index - _index, _counts.Length); steps > 0; steps--)
        {
            // The oldest segment leaves the window, and its place is the next one's.
            var place = (index - steps + 1) % _counts.Length;
            _used -= _counts[place];
            _counts[place] = 0;
        }

        _index = Math.Max(_index, index);
    }

    private TimeSpan UntilUsedIsAtMost(long most, long now)
    {
        var used = _used;
        for (var index = _index - _counts.Length + 1; index <= _index; index++)
        {
            if (used <= most)
                break;
            if (index < 0)
                continue;
            used -= _counts[index % _counts.Length];
            if (used <= most)
                return Clock.Until(Clock.After(_start, (index + _counts.Length) * _segmentMilliseconds), now);
        }

        return TimeSpan.Zero;
    }
}
