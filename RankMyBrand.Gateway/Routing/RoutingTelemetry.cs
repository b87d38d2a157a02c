using System.Diagnostics.Metrics;
using RankMyBrand.Gateway.Routing.Upstreams;

namespace RankMyBrand.Gateway.Routing;

/// <summary>What becomes of requests on their way to destinations; the server counts and times them as a whole.</summary>
internal sealed partial class RoutingTelemetry
{
    public const string Name = "RankMyBrand.Gateway.Routing";

    // As the semantic conventions advise for durations of HTTP requests, in seconds.
    private static readonly double[] s_buckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private readonly Meter _meter;
    private readonly ILogger _logger;
    private readonly Histogram<double> _attempts;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _hedges;
    private readonly Counter<long> _rejections;
    private readonly Counter<long> _circuits;

    public RoutingTelemetry(IMeterFactory meters, ILogger<RoutingTelemetry> logger)
    {
        _logger = logger;
        var meter = _meter = meters.Create(Name);
        _attempts = meter.CreateHistogram(
            "rankmybrand.gateway.attempt.duration", "s", "From sending a request to a destination until its answer begins, or fails to.",
            tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = s_buckets });
        _retries = meter.CreateCounter<long>(
            "rankmybrand.gateway.retries", "{attempt}", "Requests sent to another destination after a failure.");
        _hedges = meter.CreateCounter<long>("rankmybrand.gateway.hedges", "{attempt}", "Second attempts beside a slow one.");
        _rejections = meter.CreateCounter<long>(
            "rankmybrand.gateway.rejections", "{request}", "Requests that were not sent to any destination.");
        _circuits = meter.CreateCounter<long>("rankmybrand.gateway.circuit_changes", "{change}", "Circuits that opened or closed.");
    }

    /// <summary>Shows how many requests destinations are busy with, whenever somebody looks.</summary>
    public void ShowActive(Func<IEnumerable<(string Upstream, Destination Destination)>> destinations) => _meter.CreateObservableUpDownCounter(
        "rankmybrand.gateway.active_requests",
        () => destinations()
            .GroupBy(static known => (known.Upstream, known.Destination.State.DestinationId), static known => known.Destination.InFlight)
            .Select(static busy => new Measurement<int>(busy.Sum(), new("upstream", busy.Key.Upstream), new("destination", busy.Key.DestinationId))),
        "{request}",
        "Requests that a destination has not finished answering.");

    public void Attempted(string upstream, Destination destination, AttemptOutcome outcome, TimeSpan time) => _attempts.Record(
        time.TotalSeconds,
        new("upstream", upstream),
        new("destination", destination.State.DestinationId),
        new("outcome", outcome switch
        {
            AttemptOutcome.Succeeded => "succeeded",
            AttemptOutcome.Failed => "failed",
            AttemptOutcome.Unreachable => "unreachable",
            _ => "abandoned",
        }));

    public void Retried(string upstream) => _retries.Add(1, new KeyValuePair<string, object?>("upstream", upstream));

    public void Hedged(string upstream, bool won) => _hedges.Add(1, new("upstream", upstream), new("won", won));

    /// <param name="reason">In one word: no_destination, circuit_open or bulkhead_full.</param>
    public void Rejected(string upstream, string reason) => _rejections.Add(1, new("upstream", upstream), new("reason", reason));

    public void CircuitChanged(string upstream, Destination destination)
    {
        var (id, isOpen) = (destination.State.DestinationId, destination.Breaker.State != CircuitState.Closed);
        _circuits.Add(1, new("upstream", upstream), new("state", isOpen ? "open" : "closed"));
        if (isOpen)
            LogOpened(_logger, id, upstream);
        else
            LogClosed(_logger, id, upstream);
    }

    public void Failed(string method, string upstream, string? destination, int status, string reason) =>
        LogFailed(_logger, method, upstream, destination, status, reason);

    [LoggerMessage(
        EventIds.CircuitOpened, LogLevel.Warning, "Destination {Destination} of {Upstream} fails too often and gets no requests for now")]
    private static partial void LogOpened(ILogger logger, string destination, string upstream);

    [LoggerMessage(EventIds.CircuitClosed, LogLevel.Information, "Destination {Destination} of {Upstream} answers again")]
    private static partial void LogClosed(ILogger logger, string destination, string upstream);

    [LoggerMessage(EventIds.RequestFailed, LogLevel.Warning, "{Method} to {Upstream} at {Destination} ended with {Status}: {Reason}")]
    private static partial void LogFailed(ILogger logger, string method, string upstream, string? destination, int status, string reason);
}
