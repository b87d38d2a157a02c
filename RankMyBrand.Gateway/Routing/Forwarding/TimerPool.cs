using System.Collections.Concurrent;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>Cancellation sources for the many requests that end long before their time is over.</summary>
internal static class TimerPool
{
    private const int Capacity = 1024;

    private static readonly ConcurrentQueue<CancellationTokenSource> s_sources = new();

    public static CancellationTokenSource Rent() => s_sources.TryDequeue(out var source) ? source : new CancellationTokenSource();

    /// <summary>Nothing may still be waiting for its token.</summary>
    public static void Return(CancellationTokenSource source)
    {
        if (source.TryReset() && s_sources.Count < Capacity)
            s_sources.Enqueue(source);
        else
            source.Dispose();
    }
}
