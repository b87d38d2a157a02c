using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Gateway.RateLimits;
using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Tests.Gateway.RateLimits;

/// <summary>A limit does not vanish because somebody removed its policy.</summary>
public sealed class PoliciesInUseTests
{
    [Fact]
    public void Validate_APolicyThatARouteUsesIsGone_NamesTheRoute()
    {
        var inUse = InUse("caller:5 exports");

        var result = inUse.Validate(null, Options("caller", "address", "credentials"));

        Assert.Equal(
            ["Route 'one' uses the policy 'exports', which RateLimits:Policies does not have; add it there, or use another one."], result.Failures);
    }

    [Fact]
    public void Validate_ADefaultIsGone_NamesTheSetting()
    {
        var result = InUse(null).Validate(null, Options("caller", "address"));

        Assert.StartsWith("Gateway:RateLimits:Credentials uses the policy 'credentials'", Assert.Single(result.Failures!), StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_APolicyThatNoRouteUsesAnyMore_MayGo()
    {
        var inUse = InUse("exports");
        inUse.ConfigurationApplied([Routes("none")]);

        Assert.True(inUse.Validate(null, Options("caller", "address", "credentials")).Succeeded);
    }

    private static PoliciesInUse InUse(string? limits)
    {
        var inUse = new PoliciesInUse(Microsoft.Extensions.Options.Options.Create(new EdgeLimitsOptions()));
        inUse.ConfigurationApplied([Routes(limits)]);
        return inUse;
    }

    private static IProxyConfig Routes(string? limits)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        if (limits is not null)
            metadata["RateLimits"] = limits;
        return new InMemoryConfigProvider([new RouteConfig { RouteId = "one", Metadata = metadata }], []).GetConfig();
    }

    private static RateLimitsOptions Options(params string[] policies)
    {
        var options = new RateLimitsOptions();
        foreach (var policy in policies)
            options.Policies[policy] = new RateLimitPolicyOptions { Permits = 1 };
        return options;
    }
}
