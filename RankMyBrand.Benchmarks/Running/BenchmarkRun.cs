using RankMyBrand.Benchmarks.Servers;

namespace RankMyBrand.Benchmarks.Running;

/// <summary>What a benchmark has at hand: the servers, which start when they are asked for, and the way to measure in rounds.</summary>
internal sealed class BenchmarkRun(bool quick, PlatformServers servers)
{
    private const int FullRounds = 5;

    /// <summary>Whether to measure shortly: amounts of work should be a tenth of the usual.</summary>
    public bool Quick => quick;

    /// <summary>How many rounds count.</summary>
    public int Rounds => quick ? 1 : FullRounds;

    private int WarmUps => quick ? 1 : 2;

    public PlatformServers Servers => servers;

    /// <summary>An amount of work, a tenth of it in a quick run.</summary>
    public int Amount(int full) => quick ? Math.Max(1, full / 10) : full;

    /// <summary>
    /// Runs ours and the peer in turn, after rounds that do not count (the code is compiled again while it runs), and gives the median
    /// of each. What else the machine does then falls on both alike.
    /// </summary>
    public async Task<(double Ours, double Peer)> CompareAsync(
        Func<CancellationToken, Task<double>> ours, Func<CancellationToken, Task<double>> peer, CancellationToken cancellationToken)
    {
        var (oursOf, peerOf) = (new List<double>(), new List<double>());
        for (var round = 1 - WarmUps; round <= Rounds; round++)
        {
            // Whoever goes second finds warmer caches and fuller disks: they take turns at that as well.
            if (round % 2 == 0)
                oursOf.Add(await ours(cancellationToken));
            peerOf.Add(await peer(cancellationToken));
            if (round % 2 != 0)
                oursOf.Add(await ours(cancellationToken));
            if (round > 0)
                continue;
            oursOf.Clear();
            peerOf.Clear();
        }

        return (Median(oursOf), Median(peerOf));
    }

    /// <summary>Runs one side alone, with rounds as in <see cref="CompareAsync"/>.</summary>
    public async Task<double> MeasureAsync(Func<CancellationToken, Task<double>> ours, CancellationToken cancellationToken)
    {
        var figures = new List<double>();
        for (var round = 0; round < WarmUps; round++)
            await ours(cancellationToken);
        for (var round = 0; round < Rounds; round++)
            figures.Add(await ours(cancellationToken));
        return Median(figures);
    }

    public static double Median(IReadOnlyCollection<double> figures)
    {
        var ordered = figures.Order().ToArray();
        var middle = ordered.Length / 2;
        return ordered.Length % 2 == 1 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2;
    }
}
