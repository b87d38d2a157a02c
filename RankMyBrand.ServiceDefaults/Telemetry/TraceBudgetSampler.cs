using OpenTelemetry.Trace;

namespace RankMyBrand.ServiceDefaults.Telemetry;

/// <summary>
/// Records every new trace while there are few, and only so many a second when there are more: under load, recording and exporting
/// spans would cost more than the requests themselves. A second's worth may come at once (generic cell rate algorithm, ITU-T I.371).
/// </summary>
internal sealed class TraceBudgetSampler : Sampler
{
    private readonly TimeProvider _time;
    private readonly long _second;
    private readonly long _share;

    // When the whole budget is there again; each trace puts that off by its share of a second.
    private long _wholeAt;

    public TraceBudgetSampler(int tracesPerSecond, TimeProvider time)
    {
        (_time, _second, _share) = (time, time.TimestampFrequency, time.TimestampFrequency / tracesPerSecond);
        _wholeAt = time.GetTimestamp();
        Description = $"{nameof(TraceBudgetSampler)}{{{tracesPerSecond}}}";
    }

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        var now = _time.GetTimestamp();
        var wholeAt = Volatile.Read(ref _wholeAt);
        while (true)
        {
            var next = Math.Max(wholeAt, now) + _share;
            if (next - now > _second)
                return new SamplingResult(SamplingDecision.Drop);
            var seen = Interlocked.CompareExchange(ref _wholeAt, next, wholeAt);
            if (seen == wholeAt)
                return new SamplingResult(SamplingDecision.RecordAndSample);
            wholeAt = seen;
        }
    }
}
