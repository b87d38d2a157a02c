using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using RankMyBrand.Gateway.Routing.Upstreams;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>What the gateway finds out about a request before it is sent anywhere.</summary>
internal static class RequestRules
{
    /// <summary>Sets the limit of the body, and says what speaks against the request.</summary>
    public static ProblemResult? FindRefusal(HttpContext context, RoutePolicy policy)
    {
        var request = context.Request;
        if (!PathGuard.IsSafe(request.Path.Value!))
        {
            return Problem.Create(
                ProblemCode.Validation, "The path of the request has encoded steps up ('..'); send the path that is meant.");
        }

        if (request.ContentLength > policy.MaxBodySize)
            return TooLarge(policy);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = policy.MaxBodySize;
        // YARP lifts the limit for whoever calls an HTTP/2 request gRPC. The route says whether there is one; now nobody else finds it.
        if (!HttpProtocol.IsHttp11(request.Protocol))
            context.Features.Set<IHttpMaxRequestBodySizeFeature>(null);
        return null;
    }

    public static ProblemResult TooLarge(RoutePolicy policy) => Problem.Create(
        ProblemCode.Validation, $"The request body is larger than the {policy.MaxBodySize} bytes that are taken here.",
        StatusCodes.Status413PayloadTooLarge);

    public static ProblemResult TooSlow(RoutePolicy policy) => Problem.Create(
        ProblemCode.Validation,
        string.Create(CultureInfo.InvariantCulture, $"The request body has not arrived within {policy.Total.TotalSeconds:0.###} s."),
        StatusCodes.Status408RequestTimeout);

    public static ProblemResult BrokenOff(int status) =>
        Problem.Create(ProblemCode.Validation, "The request body could not be read to its end.", status);

    /// <summary>Whether it does no harm to send the request twice, and can be done.</summary>
    public static bool IsRepeatable(HttpContext context, RetryOptions retries)
    {
        var request = context.Request;
        if (!IsIdempotent(request.Method))
            return false;
        return context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true }
            || request.ContentLength <= retries.MaxBodySize;
    }

    /// <summary>Whether a method does the same when it is used twice (RFC 9110, section 9.2.2).</summary>
    public static bool IsIdempotent(string method) =>
        HttpMethods.IsGet(method)
            || HttpMethods.IsHead(method)
            || HttpMethods.IsPut(method)
            || HttpMethods.IsDelete(method)
            || HttpMethods.IsOptions(method)
            || HttpMethods.IsTrace(method);

    /// <summary>Whether it does not matter which of two answers is taken. Of two deletions, the faster may be the one that found nothing.</summary>
    public static bool MayBeHedged(HttpContext context) => !IsUpgrade(context) && !HttpMethods.IsDelete(context.Request.Method);

    public static bool IsUpgrade(HttpContext context) => context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };

    /// <summary>Reads a body whose length is known and small.</summary>
    public static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var bytes = new byte[context.Request.ContentLength!.Value];
        await context.Request.Body.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }
}
