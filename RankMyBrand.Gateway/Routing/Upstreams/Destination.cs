using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace RankMyBrand.Gateway.Routing.Upstreams;

/// <summary>What the gateway knows of a destination while it runs.</summary>
internal sealed class Destination(DestinationState state, TimeProvider time)
{
    private int _inFlight;

    public DestinationState State => state;

    /// <summary>As it is now. It may change under a request, so whoever needs it twice reads it once.</summary>
    public DestinationConfig Config => state.Model.Config;

    public CircuitBreaker Breaker { get; } = new(time);

    /// <summary>Requests that it has not finished answering.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    public void Begin() => Interlocked.Increment(ref _inFlight);

    public void End() => Interlocked.Decrement(ref _inFlight);
}

/// <summary>A destination that a request may go to now.</summary>
/// <param name="IsProbe">Whether this request tells if the destination answers again.</param>
internal readonly record struct Candidate(Destination Destination, bool IsProbe);
