using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using RankMyBrand.Gateway.Identity;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace RankMyBrand.Tests.Gateway.Identity;

public sealed class AccessRuleTests
{
    [Fact]
    public void Of_ARouteWithScopesThatIsMarkedAnonymous_AsksForTheScopes()
    {
        var config = new RouteConfig
        {
            RouteId = "admin",
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["Scopes"] = "admin" },
        };
        var route = new RouteModel(config, cluster: null, HttpTransformer.Default);

        var rule = AccessRule.Of(new Endpoint(null, new EndpointMetadataCollection(route, new AllowAnonymousAttribute()), "admin"));

        Assert.False(rule.IsAnonymous);
        Assert.Equal(["admin"], rule.Scopes);
    }
}
