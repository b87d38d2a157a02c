using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.RateLimiting;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace RankMyBrand.Gateway.RateLimits;

/// <summary>One limit of a route.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="Cost">What a request to the route costs; 0 for the policy's own cost.</param>
internal readonly record struct RouteLimit(string Policy, long Cost);

/// <summary>
/// The limits of an endpoint. A proxied route names them in its metadata: <c>RateLimits: "caller:10 exports"</c> charges 10 to the policy
/// <c>caller</c> and what it costs to <c>exports</c>; <c>none</c> lifts all limits. A route that says nothing has the gateway's defaults.
/// </summary>
/// <param name="Limits">The limits, empty for none; null for the defaults.</param>
/// <param name="Route">The name of the route, for limits that count by it.</param>
internal sealed record RouteLimits(RouteLimit[]? Limits, string? Route)
{
    public const string Key = "RateLimits";
    private const string None = "none";
    private const int MaxLimits = 8;

    private static readonly RouteLimits s_unlimited = new([], null);
    private static readonly RouteLimits s_defaults = new(null, null);
    private static readonly ConditionalWeakTable<Endpoint, RouteLimits> s_limits = [];

    /// <summary>The limits of an endpoint; null stands for an address that leads nowhere.</summary>
    public static RouteLimits Of(Endpoint? endpoint) => endpoint is null ? s_defaults : s_limits.GetValue(endpoint, static endpoint =>
    {
        if (endpoint.Metadata.GetMetadata<RouteModel>() is { } route)
            return Parse(route.Config);
        return endpoint.Metadata.GetMetadata<DisableRateLimitingAttribute>() is null ? s_defaults : s_unlimited;
    });

    /// <summary>Reads the metadata of a route.</summary>
    /// <exception cref="ArgumentException">It cannot be read.</exception>
    public static RouteLimits Parse(RouteConfig route)
    {
        if (route.Metadata?.GetValueOrDefault(Key) is not { } text)
            return new RouteLimits(null, route.RouteId);
        if (text == None)
            return s_unlimited;
        var limits = Array.ConvertAll(text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries), item => Read(route, text, item));
        if (limits.Length is 0 or > MaxLimits || limits.DistinctBy(limit => limit.Policy).Count() < limits.Length)
            throw Invalid(route, text, $"it must name from 1 to {MaxLimits} policies, each once, or be '{None}'");
        return new RouteLimits(limits, route.RouteId);
    }

    private static RouteLimit Read(RouteConfig route, string text, string item)
    {
        var colon = item.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            return new RouteLimit(item, 0);
        return long.TryParse(item[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var cost) && cost > 0
            ? new RouteLimit(item[..colon], cost)
            : throw Invalid(route, text, "a cost must be a whole number from 1, as in 'caller:10'");
    }

    private static ArgumentException Invalid(RouteConfig route, string text, string expected) =>
        new($"Route '{route.RouteId}': Metadata:{Key} is '{text}'; {expected}.");
}
