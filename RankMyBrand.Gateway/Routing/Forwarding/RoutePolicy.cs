using System.Globalization;
using RankMyBrand.Gateway.Routing.Configuration;
using RankMyBrand.Gateway.Routing.Upstreams;
using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>What a route demands of its upstream; metadata of the route's endpoint.</summary>
internal sealed class RoutePolicy(Upstream upstream, RouteConfig route)
{
    /// <summary>The largest request body, in bytes, of a route that names none.</summary>
    public const long DefaultMaxBodySize = 10 * 1024 * 1024;

    /// <summary>The metadata in which the timeout of a route is kept.</summary>
    public const string TotalKey = "Timeout";

    /// <summary>The metadata that says how long the first byte of an answer may take.</summary>
    public const string FirstByteKey = "FirstByteTimeout";

    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_most = TimeSpan.FromDays(1);

    private readonly TimeSpan? _total = Read(route, TotalKey);
    private readonly TimeSpan? _firstByte = Read(route, FirstByteKey);

    public Upstream Upstream => upstream;

    public TimeSpan Total => _total ?? upstream.Options.Timeouts.Total;

    public TimeSpan FirstByte => _firstByte ?? upstream.Options.Timeouts.FirstByte;

    /// <summary>Null for no limit.</summary>
    public long? MaxBodySize { get; } = route.MaxRequestBodySize switch
    {
        null => DefaultMaxBodySize,
        -1 => null,
        { } limit => limit,
    };

    /// <summary>
    /// Checks the metadata of a route, and moves its timeout there. YARP would leave it to a middleware that answers 400 when the time is
    /// over.
    /// </summary>
    public static RouteConfig Prepare(RouteConfig route, string path, List<string> failures)
    {
        var metadata = new Dictionary<string, string>(route.Metadata ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        RouteMetadata.CheckNames(metadata.Keys, path, failures);
        if (route.Timeout is { } total)
            metadata[TotalKey] = total.ToString("c");
        Check(metadata, TotalKey, $"{path}:{TotalKey}", failures);
        Check(metadata, FirstByteKey, $"{path}:Metadata:{FirstByteKey}", failures);
        return route with { Timeout = null, Metadata = metadata };
    }

    private static void Check(Dictionary<string, string> metadata, string key, string path, List<string> failures)
    {
        if (!metadata.TryGetValue(key, out var text))
            return;
        if (!TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) || time < s_least || time > s_most)
            failures.Add($"{path} is '{text}'; it must be a time from {s_least} to {s_most}.");
    }

    private static TimeSpan? Read(RouteConfig route, string key) =>
        route.Metadata?.GetValueOrDefault(key) is { } text ? TimeSpan.Parse(text, CultureInfo.InvariantCulture) : null;
}
