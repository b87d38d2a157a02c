using RankMyBrand.Foundation.RateLimiting;
using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Gateway.RateLimits;

/// <summary>
/// Keeps the policies that routes use: a limit does not vanish because somebody removed its policy, and requests do not fail for it. An
/// edit that removes a policy and its use may so be taken over in any order.
/// </summary>
internal sealed partial class PoliciesInUse(RateLimiter limiter, ILogger<PoliciesInUse> logger) : IConfigChangeListener
{
    public void ConfigurationApplied(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
        var routes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var route in proxyConfigs.SelectMany(config => config.Routes))
        {
            foreach (var limit in RouteLimits.Parse(route).Limits ?? [])
                routes.TryAdd(limit.Policy, route.RouteId);
        }

        foreach (var policy in limiter.KeepInUse(routes.Keys))
            LogKept(logger, routes[policy], policy);
    }

    public void ConfigurationLoadingFailed(IProxyConfigProvider configProvider, Exception exception)
    {
    }

    public void ConfigurationLoaded(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
    }

    public void ConfigurationApplyingFailed(IReadOnlyList<IProxyConfig> proxyConfigs, Exception exception)
    {
    }

    [LoggerMessage(
        1430, LogLevel.Warning,
        "Route '{Route}' uses the policy '{Policy}', which RateLimits:Policies does not have any more; it stays in force as it was. Add it "
        + "there, or use another one: the gateway would not start like this")]
    private static partial void LogKept(ILogger logger, string route, string policy);
}
