using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Gateway.RateLimits;

namespace RankMyBrand.Tests.Gateway.RateLimits;

public sealed class DefaultPoliciesCheckTests
{
    private readonly DefaultPoliciesCheck _check = new(Microsoft.Extensions.Options.Options.Create(new EdgeLimitsOptions()));

    [Fact]
    public void Validate_ADefaultIsGone_NamesTheSetting() => Assert.Equal(
        [
            "Gateway:RateLimits:Credentials uses the policy 'credentials', which RateLimits:Policies does not have; add it there, or use "
            + "another one.",
        ],
        _check.Validate(null, Options("caller", "address")).Failures);

    [Fact]
    public void Validate_AllDefaultsAreThere_Succeeds() =>
        Assert.True(_check.Validate(null, Options("caller", "address", "credentials")).Succeeded);

    private static RateLimitsOptions Options(params string[] policies)
    {
        var options = new RateLimitsOptions();
        foreach (var policy in policies)
            options.Policies[policy] = new RateLimitPolicyOptions { Permits = 1 };
        return options;
    }
}
