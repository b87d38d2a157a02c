using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Tests.Gateway.Routing;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

public sealed class FaultyReloadTests
{
    [Fact]
    public void Reload_ThatFailsInAWayNobodyThoughtOf_KeepsTheOldLimitsAndSaysSo()
    {
        var fault = (Exception?)null;
        var configuration = new TestConfiguration([("RateLimits:Policies:api:Permits", "3")]);
        var log = new LogLines<RateLimitPlanHolder>();
        var configure = new ConfigureOptions<RateLimitsOptions>(_ =>
        {
            if (fault is not null)
                throw fault;
        });
        var factory = new OptionsFactory<RateLimitsOptions>([configure], []);
        using var holder = new RateLimitPlanHolder(
            factory, new ConfigurationBuilder().Add(configuration).Build(), new LocalClock(TimeProvider.System), log);
        var plan = holder.Current;

        fault = new InvalidOperationException("nobody thought of it");
        configuration.Change(("RateLimits:Policies:api:Permits", "4"));

        Assert.Same(plan, holder.Current);
        Assert.Equal(
            "The new configuration of the rate limits is invalid and the old one stays in force: "
            + "InvalidOperationException: nobody thought of it",
            Assert.Single(log.Lines));
    }
}
