using System.Diagnostics;
using OpenTelemetry.Trace;
using RankMyBrand.ServiceDefaults.Telemetry;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.ServiceDefaults;

public sealed class TraceBudgetSamplerTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Traces_WithinTheBudget_AreAllRecorded()
    {
        var sampler = new TraceBudgetSampler(10, _time);

        for (var second = 0; second < 5; second++)
        {
            Assert.Equal(10, Recorded(sampler, 10));
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public void Traces_BeyondTheBudget_AreRecordedAsItComesBack()
    {
        var sampler = new TraceBudgetSampler(10, _time);

        Assert.Equal(10, Recorded(sampler, 1000));
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal(0, Recorded(sampler, 1000));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, Recorded(sampler, 1000));
        _time.Advance(TimeSpan.FromMilliseconds(350));
        Assert.Equal(3, Recorded(sampler, 1000));
    }

    [Fact]
    public void Traces_AfterALongRest_HaveTheBudgetOfOneSecond()
    {
        var sampler = new TraceBudgetSampler(10, _time);
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(10, Recorded(sampler, 1000));
    }

    [Fact]
    public void Traces_OfManyThreads_ShareOneBudget()
    {
        var sampler = new TraceBudgetSampler(1000, _time);
        var recorded = 0;

        Parallel.For(0, 8, _ => Interlocked.Add(ref recorded, Recorded(sampler, 10_000)));

        Assert.Equal(1000, recorded);
    }

    private static int Recorded(TraceBudgetSampler sampler, int traces)
    {
        var recorded = 0;
        for (var i = 0; i < traces; i++)
        {
            var parameters = new SamplingParameters(default, ActivityTraceId.CreateRandom(), "GET /", ActivityKind.Server);
            recorded += sampler.ShouldSample(parameters).Decision == SamplingDecision.RecordAndSample ? 1 : 0;
        }

        return recorded;
    }
}
