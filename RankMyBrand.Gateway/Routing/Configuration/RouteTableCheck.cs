using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Transforms.Builder;

namespace RankMyBrand.Gateway.Routing.Configuration;

/// <summary>
/// Asks YARP beforehand whether it will take a table: once it has been given a bad one, it applies no later change of any part until
/// that is repaired.
/// </summary>
internal sealed class RouteTableCheck(
    IConfigValidator validator, ITransformBuilder transforms, RouteMatchCheck matches, IEnumerable<IProxyConfigFilter> filters)
{
    /// <returns>What is wrong, one sentence each.</returns>
    public async Task<IReadOnlyList<string>> FindFailuresAsync(RouteTable table, CancellationToken cancellationToken)
    {
        var failures = new List<string>();
        var clusters = new Dictionary<string, ClusterConfig>(StringComparer.OrdinalIgnoreCase);
        foreach (var cluster in table.Clusters)
            await CheckAsync(async () => clusters[cluster.ClusterId] = await CheckAsync(cluster, failures, cancellationToken), failures);
        foreach (var route in table.Routes)
            await CheckAsync(() => CheckAsync(route, clusters.GetValueOrDefault(route.ClusterId!), failures, cancellationToken), failures);
        failures.AddRange(RouteMatchCheck.Twins(table.Routes));
        return failures;
    }

    /// <summary>The sentences of an exception by which YARP or a filter has refused something.</summary>
    public static IEnumerable<string> Sentences(Exception exception) => exception switch
    {
        OptionsValidationException invalid => invalid.Failures,
        AggregateException several => several.Flatten().InnerExceptions.SelectMany(Sentences),
        // What is wrong, and why.
        ArgumentException { InnerException: { } reason } => [$"{exception.Message} {string.Join(" ", Sentences(reason))}"],
        { InnerException: { } inner } => Sentences(inner),
        _ => [exception.Message.ReplaceLineEndings(" ")],
    };

    private static async Task CheckAsync(Func<Task> check, List<string> failures)
    {
        try
        {
            await check();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            failures.AddRange(Sentences(e));
        }
    }

    private async Task<ClusterConfig> CheckAsync(ClusterConfig cluster, List<string> failures, CancellationToken cancellationToken)
    {
        foreach (var filter in filters)
            cluster = await filter.ConfigureClusterAsync(cluster, cancellationToken);
        failures.AddRange((await validator.ValidateClusterAsync(cluster)).SelectMany(Sentences));
        return cluster;
    }

    private async Task CheckAsync(RouteConfig route, ClusterConfig? cluster, List<string> failures, CancellationToken cancellationToken)
    {
        foreach (var filter in filters)
            route = await filter.ConfigureRouteAsync(route, cluster, cancellationToken);
        var before = failures.Count;
        failures.AddRange((await validator.ValidateRouteAsync(route)).SelectMany(Sentences));
        failures.AddRange(matches.Failures(route));
        if (failures.Count == before && TransformsFailure(route, cluster) is { } failure)
            failures.Add(failure);
    }

    // YARP looks at many transforms only when it builds them.
    private string? TransformsFailure(RouteConfig route, ClusterConfig? cluster)
    {
        try
        {
            transforms.Build(route, cluster);
            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return $"Route '{route.RouteId}': its Transforms cannot be used: {string.Join(" ", Sentences(e))}";
        }
    }
}
