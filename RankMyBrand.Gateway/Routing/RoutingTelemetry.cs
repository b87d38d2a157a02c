using System.Diagnostics.Metrics;
using RankMyBrand.Gateway.Routing.Upstreams;

namespace RankMyBrand.Gateway.Routing;

/// <summary>What happens to requests beyond being forwarded; those themselves are counted by the server and the client.</summary>
internal sealed partial class RoutingTelemetry
{
    public const string Name = "RankMyBrand.Gateway.Routing";

    private readonly ILogger _logger;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _hedges;
    private readonly Counter<long> _rejections;
    private readonly Counter<long> _circuits;

    public RoutingTelemetry(IMeterFactory meters, ILogger<RoutingTelemetry> logger)
    {
        _logger = logger;
        var meter = meters.Create(Name);
        _retries = meter.CreateCounter<long>(
            "rankmybrand.gateway.retries", "{attempt}", "Requests sent to another destination after a failure.");
        _hedges = meter.CreateCounter<long>("rankmybrand.gateway.hedges", "{attempt}", "Second attempts beside a slow one.");
        _rejections = meter.CreateCounter<long>(
            "rankmybrand.gateway.rejections", "{request}", "Requests that were not sent to any destination.");
        _circuits = meter.CreateCounter<long>("rankmybrand.gateway.circuit_changes", "{change}", "Circuits that opened or closed.");
    }

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
