using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Foundation.RateLimiting.Local;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

/// <summary>What an instance does by itself while Redis is away, on a clock that the test moves.</summary>
public sealed class LocalLimitTests
{
    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(1, 100)]
    [InlineData(3, 33)]
    [InlineData(1000, 1)]
    public void Share_OfSeveralInstances_IsAPartAndAtLeastOne(int instances, int expected) =>
        Assert.Equal(expected, Drain(Limit(RateLimitAlgorithm.TokenBucket, instances)));

    [Fact]
    public void TokenBucket_TimePasses_RefillsByTheShare()
    {
        var limit = Limit(RateLimitAlgorithm.TokenBucket, instances: 2);
        Assert.Equal(50, Drain(limit));

        limit.TryTake(1, Now, out var refused);
        Assert.Equal(1200, refused.RetryAfter.TotalMilliseconds, 1.0);
        _time.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal(5, Drain(limit));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.True(limit.IsFull(Now));
        Assert.Equal(50, Drain(limit));
    }

    [Fact]
    public void SlidingWindow_AnySpanOfAWindow_SeesNoMoreThanTheShare()
    {
        var limit = Limit(RateLimitAlgorithm.SlidingWindow, instances: 10);
        var random = new Random(1);
        var admitted = new List<long>();

        for (var i = 0; i < 5000; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(random.Next(1, 700)));
            if (limit.TryTake(1, Now, out _))
                admitted.Add(Now);
        }

        for (var i = 10; i < admitted.Count; i++)
            Assert.True(admitted[i] - admitted[i - 10] >= TimeSpan.FromMinutes(1).Ticks);
        Assert.InRange(admitted.Count, 250, 300);
    }

    [Fact]
    public void SlidingWindow_Refused_ThePromisedWaitSuffices()
    {
        var limit = Limit(RateLimitAlgorithm.SlidingWindow, instances: 10);
        Assert.True(limit.TryTake(4, Now, out _));
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.True(limit.TryTake(6, Now, out _));

        Assert.False(limit.TryTake(4, Now, out var refused));
        _time.Advance(refused.RetryAfter);
        Assert.True(limit.TryTake(4, Now, out _));
        Assert.False(limit.TryTake(4, Now, out refused));
        _time.Advance(refused.ResetAfter);
        Assert.True(limit.IsFull(Now));
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    public void PutBack_AfterTaking_IsAsIfNothingHadBeenTaken(RateLimitAlgorithm algorithm)
    {
        var limit = Limit(algorithm, instances: 10);
        Assert.True(limit.TryTake(7, Now, out _));

        limit.PutBack(7);

        Assert.True(limit.IsFull(Now));
        Assert.Equal(10, Drain(limit));
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    public void TryTake_ACostAboveTheShare_WaitsUntilNothingOfTheShareIsUsed(RateLimitAlgorithm algorithm)
    {
        var limit = Limit(algorithm, instances: 10);
        Assert.True(limit.TryTake(20, Now, out var taken));
        Assert.Equal(0, taken.Remaining);
        Assert.False(limit.TryTake(1, Now, out _));

        Assert.False(limit.TryTake(20, Now, out var refused));
        _time.Advance(refused.RetryAfter - TimeSpan.FromMilliseconds(10));
        Assert.False(limit.TryTake(20, Now, out _));
        _time.Advance(TimeSpan.FromMilliseconds(11));
        Assert.True(limit.TryTake(20, Now, out _));
    }

    private long Now => _time.GetTimestamp();

    private LocalLimit Limit(RateLimitAlgorithm algorithm, int instances) => LocalLimit.Of(
        new RateLimitRule(
            "api", new RateLimitPolicyOptions { Algorithm = algorithm, Permits = 100 }, null, new RateLimitsOptions { Instances = instances }),
        new LocalClock(_time));

    private int Drain(LocalLimit limit)
    {
        var admitted = 0;
        while (limit.TryTake(1, Now, out _))
            admitted++;
        return admitted;
    }
}
