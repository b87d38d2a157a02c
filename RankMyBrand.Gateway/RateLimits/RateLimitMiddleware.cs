using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Gateway.Connections;
using RankMyBrand.Gateway.Identity;

namespace RankMyBrand.Gateway.RateLimits;

/// <summary>Charges every request to the limits of its route, all together or none, and answers 429 for those that are over.</summary>
internal sealed class RateLimitMiddleware(RequestDelegate next, RateLimiter limiter, IOptions<EdgeLimitsOptions> options)
{
    private const int MaxLimits = 8;

    private readonly RouteLimit[] _default = [new(options.Value.Default, 0)];
    private readonly RouteLimit[] _anonymous = [new(options.Value.Anonymous, 0)];

    public Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        var identity = context.GetCaller().Identity;
        var (configured, route) = RouteLimits.Of(endpoint);
        var limits = configured ?? (identity is null ? _anonymous : _default);
        if (limits.Length == 0)
            return next(context);

        var checking = CheckAsync(context, limits, new RateLimitCaller
        {
            ApiKey = identity?.ApiKey,
            Tenant = identity?.Tenant,
            User = identity?.User,
            Caller = identity?.Id,
            Ip = context.Connection.RemoteIpAddress,
            Route = route,
        });
        if (!checking.IsCompletedSuccessfully)
            return AnswerAsync(context, checking);
        var result = checking.Result;
        return result.HoldsSlots ? ServeAsync(context, result) : AnswerAsync(context, result);
    }

    private ValueTask<RateLimitResult> CheckAsync(HttpContext context, RouteLimit[] limits, in RateLimitCaller caller)
    {
        var buffer = default(Requests);
        Span<RateLimitRequest> requests = buffer;
        for (var i = 0; i < limits.Length; i++)
            requests[i] = new RateLimitRequest(limits[i].Policy, limiter.KeyFor(limits[i].Policy, caller), limits[i].Cost);
        return limiter.CheckAsync(requests[..limits.Length], context.RequestAborted);
    }

    private async Task AnswerAsync(HttpContext context, ValueTask<RateLimitResult> checking) => await ServeAsync(context, await checking);

    private async Task ServeAsync(HttpContext context, RateLimitResult result)
    {
        try
        {
            await AnswerAsync(context, result);
        }
        finally
        {
            // A WebSocket holds its slots as long as it lasts.
            if (!result.HoldsSlots || Handover.Of(context)?.TryKeep(result) != true)
                result.Dispose();
        }
    }

    private Task AnswerAsync(HttpContext context, in RateLimitResult result)
    {
        if (!result.IsAllowed)
            return RateLimitRefusal.WriteAsync(context, result);
        RateLimitHeaders.Write(context.Response.Headers, result);
        return next(context);
    }

    [InlineArray(MaxLimits)]
    private struct Requests
    {
        private RateLimitRequest _first;
    }
}
