namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>
/// The instance's own clock, for spans only: it never tells Redis what time it is. Instants are timestamps of the provider.
/// </summary>
internal sealed class LocalClock(TimeProvider time)
{
    private readonly double _ticksPerMillisecond = time.TimestampFrequency / 1000.0;

    public TimeProvider Provider => time;

    public long Now => time.GetTimestamp();

    public long After(long instant, double milliseconds) => instant + (long)(milliseconds * _ticksPerMillisecond);

    public long After(long instant, TimeSpan span) => After(instant, span.TotalMilliseconds);

    public double Milliseconds(long from, long to) => (to - from) / _ticksPerMillisecond;

    /// <summary>The span until an instant; zero when it has passed.</summary>
    public TimeSpan Until(long instant, long now) =>
        instant <= now ? TimeSpan.Zero : TimeSpan.FromTicks((long)(Milliseconds(now, instant) * TimeSpan.TicksPerMillisecond));
}
