using System.Diagnostics.Metrics;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>
/// Gives the HTTP client a meter that nobody listens to, so that it measures nothing: <see cref="RoutingTelemetry"/> times every attempt,
/// by upstream and destination.
/// </summary>
internal sealed class UnheardMeters : IMeterFactory
{
    private readonly Meter _meter = new("Unheard");

    public Meter Create(MeterOptions options) => _meter;

    public void Dispose() => _meter.Dispose();
}
