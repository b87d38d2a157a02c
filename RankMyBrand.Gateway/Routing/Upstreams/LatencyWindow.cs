namespace RankMyBrand.Gateway.Routing.Upstreams;

/// <summary>The time in which 95 % of the last few hundred requests were answered.</summary>
internal sealed class LatencyWindow
{
    private const int Size = 256;
    private const int Refresh = 32;
    private const double Quantile = 0.95;

    private readonly Lock _lock = new();
    private readonly long[] _ticks = new long[Size];
    private long _added;
    private long _quantile;

    /// <summary>Null until there are enough requests to tell.</summary>
    public TimeSpan? P95 => Interlocked.Read(ref _quantile) is > 0 and var ticks ? TimeSpan.FromTicks(ticks) : null;

    public void Add(TimeSpan elapsed)
    {
        lock (_lock)
        {
            _ticks[_added++ % Size] = elapsed.Ticks;
            if (_added % Refresh != 0)
                return;
            Span<long> sorted = stackalloc long[(int)Math.Min(_added, Size)];
            _ticks.AsSpan(0, sorted.Length).CopyTo(sorted);
            sorted.Sort();
            Interlocked.Exchange(ref _quantile, sorted[(int)(sorted.Length * Quantile)]);
        }
    }
}
