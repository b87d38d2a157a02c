using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Model;

namespace RankMyBrand.Gateway.Routing.Upstreams;

/// <summary>A group of equal destinations while the gateway runs. It outlives changes of its settings and of its destinations.</summary>
internal sealed class Upstream(string name, TimeProvider time, RoutingTelemetry telemetry)
{
    private readonly ConditionalWeakTable<DestinationState, Destination> _known = [];
    private volatile UpstreamOptions _options = new();
    private volatile Healthy _healthy = new([], []);

    /// <summary>What callers know it as.</summary>
    public string Name => name;

    public RoutingTelemetry Telemetry => telemetry;

    /// <summary>The settings in force; read them once a request.</summary>
    public UpstreamOptions Options
    {
        get => _options;
        set
        {
            _options = value;
            foreach (var destination in Destinations.Where(destination => destination.Breaker.Change(value.Breaker)))
                telemetry.CircuitChanged(name, destination);
        }
    }

    public LoadBalancer Balancer { get; } = new();

    public Bulkhead Bulkhead { get; } = new();

    public RetryBudget Budget { get; } = new(time);

    public LatencyWindow Latencies { get; } = new();

    /// <summary>
    /// All destinations that there are, and those that were taken out and are still busy; one that came back may be there twice.
    /// </summary>
    public IEnumerable<Destination> Destinations => _known.Select(static known => known.Value);

    /// <summary>Those destinations that the health checks let be.</summary>
    public Destination[] HealthyDestinations(ClusterState cluster)
    {
        var available = cluster.DestinationsState.AvailableDestinations;
        var healthy = _healthy;
        if (!ReferenceEquals(healthy.Source, available))
            _healthy = healthy = new(available, [.. available.Select(Find)]);
        return healthy.Destinations;
    }

    public Destination Find(DestinationState state) => _known.GetValue(state, state => new Destination(state, time));

    /// <summary>Tells the destination's circuit how an attempt ended.</summary>
    public void Report(Candidate candidate, AttemptOutcome outcome)
    {
        if (candidate.Destination.Breaker.Report(outcome, candidate.IsProbe, Options.Breaker))
            telemetry.CircuitChanged(name, candidate.Destination);
    }

    /// <summary>When a request has a chance again, while no destination lets one pass.</summary>
    public TimeSpan RetryAfter(ReadOnlySpan<Destination> healthy)
    {
        if (healthy.IsEmpty)
            return Options.HealthCheck.Active.Interval;
        var wait = TimeSpan.MaxValue;
        foreach (var destination in healthy)
            wait = TimeSpan.FromTicks(Math.Min(wait.Ticks, destination.Breaker.OpenFor.Ticks));
        return wait;
    }

    private sealed record Healthy(IReadOnlyList<DestinationState> Source, Destination[] Destinations);
}
