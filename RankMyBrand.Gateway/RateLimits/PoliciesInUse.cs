using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.RateLimiting;
using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Gateway.RateLimits;

/// <summary>
/// Refuses a configuration of limits that lacks a policy which the gateway or one of its routes uses: a limit does not vanish because
/// somebody removed its policy, and requests do not fail for it. On a reload the old limits stay in force.
/// </summary>
internal sealed class PoliciesInUse(IOptions<EdgeLimitsOptions> edge) : IValidateOptions<RateLimitsOptions>, IConfigChangeListener
{
    private Dictionary<string, string> _ofRoutes = [];

    public ValidateOptionsResult Validate(string? name, RateLimitsOptions options)
    {
        var defaults = edge.Value;
        IEnumerable<(string User, string Policy)> used =
        [
            ($"{EdgeLimitsOptions.Section}:{nameof(defaults.Default)}", defaults.Default),
            ($"{EdgeLimitsOptions.Section}:{nameof(defaults.Anonymous)}", defaults.Anonymous),
            ($"{EdgeLimitsOptions.Section}:{nameof(defaults.Credentials)}", defaults.Credentials),
            .. Volatile.Read(ref _ofRoutes).Select(route => ($"Route '{route.Value}'", route.Key)),
        ];
        string[] failures =
        [
            .. used.Where(use => !options.Policies.ContainsKey(use.Policy)).Select(use =>
                $"{use.User} uses the policy '{use.Policy}', which {RateLimitsOptions.Section}:Policies does not have; add it "
                + "there, or use another one."),
        ];
        return failures.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    public void ConfigurationApplied(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
        var policies = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var route in proxyConfigs.SelectMany(config => config.Routes))
        {
            foreach (var limit in RouteLimits.Parse(route).Limits ?? [])
                policies.TryAdd(limit.Policy, route.RouteId);
        }

        Volatile.Write(ref _ofRoutes, policies);
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
}
