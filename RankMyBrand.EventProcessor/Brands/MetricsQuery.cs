using System.Globalization;

namespace RankMyBrand.EventProcessor.Brands;

/// <summary>Which buckets of a brand's metrics are asked for. Both ends lie on borders of buckets.</summary>
internal sealed record MetricsQuery(string Brand, DateTimeOffset From, DateTimeOffset To, TimeSpan Bucket)
{
    /// <summary>The most buckets that one answer holds.</summary>
    public const int MaxBuckets = 10_000;

    private static readonly (string Name, TimeSpan Length)[] s_buckets =
    [
        ("1m", TimeSpan.FromMinutes(1)),
        ("5m", TimeSpan.FromMinutes(5)),
        ("15m", TimeSpan.FromMinutes(15)),
        ("1h", TimeSpan.FromHours(1)),
        ("1d", TimeSpan.FromDays(1)),
    ];

    /// <summary>
    /// Reads a query's parameters and widens the time to whole buckets. Without <paramref name="to"/> it ends now, without
    /// <paramref name="from"/> it begins a day (with buckets of a day: thirty days) before its end.
    /// </summary>
    /// <returns>The query, or a sentence that says which parameter is wrong and what it must be.</returns>
    public static (MetricsQuery? Query, string? Fault) Read(string brand, string? from, string? to, string? bucket, DateTimeOffset now)
    {
        var length = Array.Find(s_buckets, known => known.Name == (bucket ?? "1h")).Length;
        if (length == TimeSpan.Zero)
            return Invalid("bucket", bucket, "one of " + string.Join(", ", s_buckets.Select(known => known.Name)));

        var end = now;
        if (to is not null && !TryParse(to, out end))
            return Invalid("to", to, "an ISO 8601 time such as 2026-11-21T11:00:00Z");
        var start = end - (length == TimeSpan.FromDays(1) ? TimeSpan.FromDays(30) : TimeSpan.FromDays(1));
        if (from is not null && !TryParse(from, out start))
            return Invalid("from", from, "an ISO 8601 time such as 2026-11-21T10:00:00Z");
        if (start >= end)
            return Invalid("from", from, $"earlier than 'to' ({end:O})");

        var query = new MetricsQuery(brand, Align(start, length, up: false), Align(end, length, up: true), length);
        var count = (query.To - query.From).Ticks / length.Ticks;
        var tooMany = $"The time from 'from' to 'to' has {count} buckets of {bucket ?? "1h"}; at most {MaxBuckets} are answered. "
            + "Ask for a shorter time or a larger bucket.";
        return count > MaxBuckets ? (null, tooMany) : (query, null);
    }

    private static DateTimeOffset Align(DateTimeOffset moment, TimeSpan length, bool up)
    {
        var past = moment.UtcTicks % length.Ticks;
        return new DateTimeOffset(moment.UtcTicks - past + (up && past > 0 ? length.Ticks : 0), TimeSpan.Zero);
    }

    /// <summary>Years are bounded so that widening and PostgreSQL's range cannot be left.</summary>
    private static bool TryParse(string text, out DateTimeOffset time) =>
        UtcTime.TryParse(text, out time) && time.Year is >= 1900 and < 9000;

    private static (MetricsQuery?, string) Invalid(string parameter, string? value, string expected) =>
        (null, $"The query parameter '{parameter}' is '{value}'; it must be {expected}.");
}
