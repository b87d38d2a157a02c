using Microsoft.AspNetCore.Http;
using RankMyBrand.Foundation.RateLimiting;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

/// <summary>The fields of draft-ietf-httpapi-ratelimit-headers-10.</summary>
public sealed class RateLimitHeadersTests
{
    private static readonly RateLimitsOptions s_all = new();

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket, 100, null, 60_000, "\"api\";q=100;w=60")]
    [InlineData(RateLimitAlgorithm.TokenBucket, 100, 500L, 60_000, "\"api\";q=100;w=60;rmb-burst=500")]
    [InlineData(RateLimitAlgorithm.SlidingWindow, 5000, null, 86_400_000, "\"api\";q=5000;w=86400")]
    [InlineData(RateLimitAlgorithm.SlidingWindow, 10, null, 500, "\"api\";q=10")]
    [InlineData(RateLimitAlgorithm.Concurrency, 8, null, 60_000, "\"api\";q=8;qu=\"concurrent-requests\"")]
    public void Policies_OneLimit_TellsItsNumbers(RateLimitAlgorithm algorithm, long permits, long? burst, int window, string expected)
    {
        var rule = Rule("api", new RateLimitPolicyOptions
        {
            Algorithm = algorithm,
            Permits = permits,
            Burst = burst,
            Window = TimeSpan.FromMilliseconds(window),
        });

        Assert.Equal(expected, RateLimitHeaders.Policies(Allowed(rule, 1, TimeSpan.Zero)));
    }

    [Theory]
    [InlineData(42, 30_000, "\"api\";r=42;t=30")]
    [InlineData(42, 29_001, "\"api\";r=42;t=30")]
    [InlineData(0, 1, "\"api\";r=0;t=1")]
    [InlineData(100, 0, "\"api\";r=100")]
    [InlineData(-5, 1000, "\"api\";r=0;t=1")]
    public void Limits_Allowed_TellsWhatIsLeftAndWhenItIsFull(long remaining, int reset, string expected) =>
        Assert.Equal(expected, RateLimitHeaders.Limits(Allowed(Rule("api"), remaining, TimeSpan.FromMilliseconds(reset))));

    [Fact]
    public void Limits_Refused_TellsTheWaitAsRetryAfterDoes()
    {
        var result = Refused(RateLimitOutcome.Refused, TimeSpan.FromMilliseconds(1200));

        Assert.Equal("\"api\";r=0;t=2", RateLimitHeaders.Limits(result));
        Assert.Equal("2", RateLimitHeaders.RetryAfter(result));
    }

    [Fact]
    public void Write_SeveralLimits_ListsEach()
    {
        var headers = new HeaderDictionary();
        var result = new RateLimitResult(RateLimitOutcome.Allowed, [
            new(Rule("burst"), refused: false, 9, TimeSpan.FromSeconds(5), TimeSpan.Zero),
            new(Rule("daily"), refused: false, 90, TimeSpan.FromSeconds(50), TimeSpan.Zero)]);

        RateLimitHeaders.Write(headers, result);

        Assert.Equal("\"burst\";q=100;w=60, \"daily\";q=100;w=60", headers["RateLimit-Policy"]);
        Assert.Equal("\"burst\";r=9;t=5, \"daily\";r=90;t=50", headers["RateLimit"]);
        Assert.False(headers.ContainsKey("Retry-After"));
    }

    [Theory]
    [InlineData(RateLimitOutcome.Refused, 0, "1")]
    [InlineData(RateLimitOutcome.Refused, 1, "1")]
    [InlineData(RateLimitOutcome.Refused, 60_001, "61")]
    [InlineData(RateLimitOutcome.Unavailable, 1000, "1")]
    [InlineData(RateLimitOutcome.Refused, -1, null)]
    public void RetryAfter_NotAllowed_IsWholeSecondsOrNothingWhereWaitingDoesNotHelp(RateLimitOutcome outcome, int wait, string? expected)
    {
        var headers = new HeaderDictionary();
        var result = Refused(outcome, wait < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(wait));

        RateLimitHeaders.Write(headers, result);

        Assert.Equal(expected, (string?)headers["Retry-After"]);
    }

    private static RateLimitResult Allowed(RateLimitRule rule, long remaining, TimeSpan reset) =>
        new(RateLimitOutcome.Allowed, new RateLimitStatus(rule, refused: false, remaining, reset, TimeSpan.Zero));

    private static RateLimitResult Refused(RateLimitOutcome outcome, TimeSpan wait) =>
        new(outcome, new RateLimitStatus(Rule("api"), refused: true, 0, TimeSpan.FromSeconds(60), wait));

    private static RateLimitRule Rule(string name, RateLimitPolicyOptions? options = null) =>
        new(name, options ?? new RateLimitPolicyOptions { Permits = 100 }, null, s_all);
}
