using Yarp.ReverseProxy.LoadBalancing;

namespace RankMyBrand.Gateway.Routing.Upstreams;

/// <summary>Chooses among the destinations of an upstream those that have not been tried and whose circuit lets the request pass.</summary>
internal sealed class LoadBalancer
{
    private uint _turn;

    /// <param name="destinations">All that are healthy.</param>
    /// <param name="policy">A name of <see cref="LoadBalancingPolicies"/>.</param>
    /// <param name="tried">Those that this request has been sent to already.</param>
    public Candidate? Pick(ReadOnlySpan<Destination> destinations, string policy, List<Destination>? tried = null)
    {
        if (destinations.IsEmpty)
            return null;
        // Only first attempts take turns: a retry that took one would send the next request to the same destination again.
        var start = tried is null
            ? (int)(Interlocked.Increment(ref _turn) % (uint)destinations.Length)
            : Random.Shared.Next(destinations.Length);
        var first = Choose(destinations, policy, start);
        if (Passes(first, tried) is { } candidate)
            return candidate;
        return PickOther(destinations, start, first, tried);
    }

    /// <summary>A certain destination, if it lets the request pass.</summary>
    public static Candidate? Passes(Destination destination, List<Destination>? tried = null)
    {
        if (tried is not null && tried.Contains(destination))
            return null;
        return destination.Breaker.TryPass(out var isProbe) ? new Candidate(destination, isProbe) : null;
    }

    private static Destination Choose(ReadOnlySpan<Destination> destinations, string policy, int start)
    {
        if (destinations.Length == 1 || Is(policy, LoadBalancingPolicies.RoundRobin))
            return destinations[start];
        if (Is(policy, LoadBalancingPolicies.LeastRequests))
            return LeastLoaded(destinations, start);
        var (one, other) = (Random.Shared.Next(destinations.Length), Random.Shared.Next(destinations.Length - 1));
        var (a, b) = (destinations[one], destinations[other >= one ? other + 1 : other]);
        return b.InFlight < a.InFlight ? b : a;
    }

    // In turn from the start, so that equally loaded ones get equally many.
    private static Destination LeastLoaded(ReadOnlySpan<Destination> destinations, int start)
    {
        var least = destinations[start];
        for (var i = 1; i < destinations.Length; i++)
        {
            var other = destinations[(start + i) % destinations.Length];
            if (other.InFlight < least.InFlight)
                least = other;
        }

        return least;
    }

    private static Candidate? PickOther(ReadOnlySpan<Destination> destinations, int start, Destination first, List<Destination>? tried)
    {
        for (var i = 0; i < destinations.Length; i++)
        {
            var other = destinations[(start + i) % destinations.Length];
            if (other != first && Passes(other, tried) is { } candidate)
                return candidate;
        }

        return null;
    }

    private static bool Is(string policy, string name) => policy.Equals(name, StringComparison.OrdinalIgnoreCase);
}
