namespace RankMyBrand.Foundation.Events;

/// <summary>Exponential back-off.</summary>
internal static class Backoff
{
    /// <summary>The pause after so many failures: doubled each time up to the longest, and between 75 and 100 % of that.</summary>
    public static TimeSpan Of(int failures, TimeSpan first, TimeSpan longest)
    {
        var full = first * Math.Pow(2, Math.Min(failures, 30) - 1);
        return (full < longest ? full : longest) * (0.75 + (Random.Shared.NextDouble() / 4));
    }
}
