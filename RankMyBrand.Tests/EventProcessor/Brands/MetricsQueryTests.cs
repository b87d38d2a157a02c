using System.Globalization;
using RankMyBrand.EventProcessor.Brands;

namespace RankMyBrand.Tests.EventProcessor.Brands;

public sealed class MetricsQueryTests
{
    private static readonly DateTimeOffset s_now = Time("2026-11-21T10:20:30Z");

    [Theory]
    [InlineData(null, null, null, "2026-11-20T10:00:00Z", "2026-11-21T11:00:00Z", 60)]
    [InlineData(null, null, "1m", "2026-11-20T10:20:00Z", "2026-11-21T10:21:00Z", 1)]
    [InlineData(null, null, "1d", "2026-10-22T00:00:00Z", "2026-11-22T00:00:00Z", 1440)]
    [InlineData("2026-11-21T09:07:00Z", "2026-11-21T09:31:00Z", "15m", "2026-11-21T09:00:00Z", "2026-11-21T09:45:00Z", 15)]
    [InlineData("2026-11-21T09:00:00Z", "2026-11-21T10:00:00Z", "5m", "2026-11-21T09:00:00Z", "2026-11-21T10:00:00Z", 5)]
    [InlineData("2026-11-21T10:00:00+01:00", null, "1h", "2026-11-21T09:00:00Z", "2026-11-21T11:00:00Z", 60)]
    public void Read_Valid_WidensToWholeBuckets(string? from, string? to, string? bucket, string expectedFrom, string expectedTo, int minutes)
    {
        var (query, fault) = MetricsQuery.Read("Google", from, to, bucket, s_now);

        Assert.Null(fault);
        Assert.Equal(new MetricsQuery("Google", Time(expectedFrom), Time(expectedTo), TimeSpan.FromMinutes(minutes)), query);
    }

    [Theory]
    [InlineData("yesterday", null, null, "The query parameter 'from' is 'yesterday'; it must be an ISO 8601 time such as 2026-11-21T10:00:00Z.")]
    [InlineData(null, "", null, "The query parameter 'to' is ''; it must be an ISO 8601 time such as 2026-11-21T11:00:00Z.")]
    [InlineData(null, "9999-12-31T23:59:59Z", "1d", "The query parameter 'to' is '9999-12-31T23:59:59Z'; it must be an ISO 8601 time such as 2026-11-21T11:00:00Z.")]
    [InlineData(null, null, "2m", "The query parameter 'bucket' is '2m'; it must be one of 1m, 5m, 15m, 1h, 1d.")]
    [InlineData("2026-11-21T10:20:30Z", null, null, "The query parameter 'from' is '2026-11-21T10:20:30Z'; it must be earlier than 'to' (2026-11-21T10:20:30.0000000+00:00).")]
    [InlineData("2026-11-01T00:00:00Z", "2026-11-08T00:00:00Z", "1m", "The time from 'from' to 'to' has 10080 buckets of 1m; at most 10000 are answered. Ask for a shorter time or a larger bucket.")]
    public void Read_Invalid_SaysWhatIsExpected(string? from, string? to, string? bucket, string expected)
    {
        var (query, fault) = MetricsQuery.Read("Google", from, to, bucket, s_now);

        Assert.Null(query);
        Assert.Equal(expected, fault);
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
