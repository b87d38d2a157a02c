using System.Diagnostics.Metrics;

namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>Who has decided a check.</summary>
internal enum DecidedBy
{
    /// <summary>Redis.</summary>
    Redis,

    /// <summary>This instance, with tokens of a block or because the limit is known to be used up.</summary>
    Instance,

    /// <summary>This instance, because Redis is away.</summary>
    Fallback,
}

/// <summary>Metrics of the limits. Durations are in seconds.</summary>
internal sealed class RateLimitTelemetry
{
    public const string Name = "RankMyBrand.RateLimiting";

    private static readonly object[] s_deciders = ["redis", "instance", "fallback"];
    private static readonly object[] s_outcomes = ["allowed", "refused", "unavailable"];

    private readonly Counter<long> _decisions;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _outages;
    private readonly Histogram<double> _outageDuration;

    public RateLimitTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        var durations = new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries =
                [0.00001, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.1, 1],
        };
        _decisions = meter.CreateCounter<long>("rankmybrand.rate_limit.decisions", "{decision}", "Limits that were checked.");
        _duration = meter.CreateHistogram("rankmybrand.rate_limit.check.duration", "s", "Time a check took, unless the instance decided by itself.", advice: durations);
        _outages = meter.CreateCounter<long>("rankmybrand.rate_limit.outages", "{outage}", "Times that Redis went away.");
        _outageDuration = meter.CreateHistogram<double>("rankmybrand.rate_limit.outage.duration", "s", "Time that Redis was away.");
    }

    public void Decided(in RateLimitResult result, DecidedBy by, TimeSpan elapsed)
    {
        var decider = new KeyValuePair<string, object?>("decided_by", s_deciders[(int)by]);
        var outcome = new KeyValuePair<string, object?>("outcome", s_outcomes[(int)result.Outcome]);
        if (_decisions.Enabled)
        {
            for (var i = 0; i < result.Count; i++)
            {
                var status = result[i];
                // Of a refused check, only the limits that refused it have decided anything.
                if (result.IsAllowed || status.IsRefused)
                    _decisions.Add(1, new("policy", status.Policy), outcome, decider);
            }
        }

        // What an instance decides by itself takes a microsecond, which is about what it takes to note it down.
        if (by != DecidedBy.Instance && _duration.Enabled)
            _duration.Record(elapsed.TotalSeconds, outcome, decider);
    }

    public void OutageBegan() => _outages.Add(1);

    public void OutageEnded(double seconds) => _outageDuration.Record(seconds);
}
