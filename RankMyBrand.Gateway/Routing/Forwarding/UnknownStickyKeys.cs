using Yarp.ReverseProxy.Model;
using Yarp.ReverseProxy.SessionAffinity;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>
/// What becomes of a client whom session affinity finds no destination for, by either failure policy; in the place of YARP's own. A key
/// that cannot be read binds nobody to anything: another gateway has made it, or this one before it lost its data-protection keys, and a
/// client that is refused for it would send it for ever.
/// </summary>
internal sealed class UnknownStickyKeys(string policy) : IAffinityFailurePolicy
{
    public string Name => policy;

    public Task<bool> Handle(HttpContext context, ClusterState cluster, AffinityStatus affinityStatus)
    {
        var mayGoOn = affinityStatus == AffinityStatus.AffinityKeyExtractionFailed
            || policy != SessionAffinityConstants.FailurePolicies.Return503Error;
        if (!mayGoOn)
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return Task.FromResult(mayGoOn);
    }
}
