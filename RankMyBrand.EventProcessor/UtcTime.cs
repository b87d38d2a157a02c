using System.Globalization;

namespace RankMyBrand.EventProcessor;

/// <summary>Times as people write them.</summary>
internal static class UtcTime
{
    /// <summary>Reads an ISO 8601 time; without an offset it is UTC.</summary>
    public static bool TryParse(string text, out DateTimeOffset time) => DateTimeOffset.TryParse(
        text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
}
