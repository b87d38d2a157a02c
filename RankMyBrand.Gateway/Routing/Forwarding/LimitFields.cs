using Microsoft.Extensions.Primitives;
using RankMyBrand.Foundation.RateLimiting;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>
/// What an answer tells of the limits that its request was charged to. The forwarder empties the headers of an answer that it has begun
/// to make and cannot finish, and these hold for the one in its place, too.
/// </summary>
internal readonly record struct LimitFields(StringValues Policy, StringValues Limit)
{
    public static LimitFields Of(IHeaderDictionary headers) =>
        new(headers[RateLimitHeaders.PolicyField], headers[RateLimitHeaders.LimitField]);

    public void WriteTo(IHeaderDictionary headers) =>
        (headers[RateLimitHeaders.PolicyField], headers[RateLimitHeaders.LimitField]) = (Policy, Limit);
}
