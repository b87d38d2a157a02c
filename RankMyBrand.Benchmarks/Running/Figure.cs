namespace RankMyBrand.Benchmarks.Running;

/// <summary>One measured figure.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Unit">The unit of <paramref name="Ours"/> and <paramref name="Peer"/>.</param>
/// <param name="Ours">The median of this product's rounds.</param>
/// <param name="Peer">The median of the peer's rounds, or null where there is none.</param>
/// <param name="PeerName">Who the peer is.</param>
/// <param name="Ratio">Ours against the peer, larger is better; null without a peer.</param>
/// <param name="Goal">The least ratio that is wanted; without a peer the least or the most of <paramref name="Ours"/>.</param>
/// <param name="Met">Whether the goal was met; null where there is none.</param>
/// <param name="Note">How it was measured, in a sentence.</param>
internal sealed record Figure(
    string Name, string Unit, double Ours, double? Peer, string? PeerName, double? Ratio, double? Goal, bool? Met, string? Note)
{
    /// <summary>A rate, or anything else of which more is better.</summary>
    public static Figure MoreIsBetter(
        string name, string unit, double ours, double peer, string peerName, double goal, string? note = null) =>
        Compared(name, unit, ours, peer, peerName, ours / peer, goal, note);

    /// <summary>A time, or anything else of which less is better.</summary>
    public static Figure LessIsBetter(
        string name, string unit, double ours, double peer, string peerName, double goal, string? note = null) =>
        Compared(name, unit, ours, peer, peerName, peer / ours, goal, note);

    /// <summary>A figure without a peer that must not exceed a limit.</summary>
    public static Figure AtMost(string name, string unit, double ours, double limit, string? note = null) =>
        new(name, unit, ours, null, null, null, limit, ours <= limit, note);

    /// <summary>A figure without a peer that must reach a limit.</summary>
    public static Figure AtLeast(string name, string unit, double ours, double limit, string? note = null) =>
        new(name, unit, ours, null, null, null, limit, ours >= limit, note);

    /// <summary>A figure that nothing is asked of.</summary>
    public static Figure Plain(string name, string unit, double ours, string? note = null) =>
        new(name, unit, ours, null, null, null, null, null, note);

    private static Figure Compared(
        string name, string unit, double ours, double peer, string peerName, double ratio, double goal, string? note) =>
        new(name, unit, ours, peer, peerName, ratio, goal, ratio >= goal, note);
}
