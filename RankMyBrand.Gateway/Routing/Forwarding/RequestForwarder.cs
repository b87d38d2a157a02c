using Microsoft.AspNetCore.Http.Features;
using RankMyBrand.Gateway.Routing.Upstreams;
using RankMyBrand.ServiceDefaults.Problems;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>Sends a request to a destination of its upstream. It ends YARP's pipeline, in the place of YARP's own last step.</summary>
internal sealed class RequestForwarder(IHttpForwarder forwarder)
{
    private static readonly TimeSpan s_queueRetryAfter = TimeSpan.FromSeconds(1);

    public async Task ForwardAsync(HttpContext context)
    {
        var policy = context.GetEndpoint()!.Metadata.GetMetadata<RoutePolicy>()!;
        if (RequestRules.FindRefusal(context, policy) is { } refusal)
        {
            await refusal.ExecuteAsync(context);
            return;
        }

        var upstream = policy.Upstream;
        var isRepeatable = RequestRules.IsRepeatable(context, upstream.Options.Retries);
        ReadOnlyMemory<byte>? body = null;
        if (isRepeatable && context.Request.ContentLength > 0)
        {
            // Before it takes a place or a destination, so that a slow client keeps neither from others.
            var (read, problem) = await KeepBodyAsync(context, policy);
            if (problem is not null)
            {
                await problem.ExecuteAsync(context);
                return;
            }

            (body, isRepeatable) = (read, read is not null);
        }

        upstream.Budget.Add();
        if (!await upstream.Bulkhead.EnterAsync(upstream.Options.Bulkhead, context.RequestAborted))
        {
            upstream.Telemetry.Rejected(upstream.Name, "bulkhead_full");
            await Problem.WriteAsync(
                context, ProblemCode.Unavailable, $"'{upstream.Name}' has as many requests as it may have; try again shortly.",
                retryAfter: s_queueRetryAfter);
            return;
        }

        Exchange? exchange = null;
        try
        {
            exchange = await BeginAsync(context, policy, body, isRepeatable);
        }
        finally
        {
            if (exchange is null)
                upstream.Bulkhead.Leave(upstream.Options.Bulkhead);
        }

        if (exchange is null)
            return;
        using (exchange)
        {
            var (error, limits) = (ForwarderError.None, LimitFields.Of(context.Response.Headers));
            try
            {
                error = await exchange.ForwardAsync(forwarder);
            }
            finally
            {
                await exchange.EndAsync(error);
            }

            await ForwardProblems.FinishAsync(context, policy, exchange, error, limits);
        }
    }

    // Where there is only one destination a body is not kept: it could go nowhere else, and only what has none is sent there again.
    private static async ValueTask<(ReadOnlyMemory<byte>? Body, ProblemResult? Problem)> KeepBodyAsync(HttpContext context, RoutePolicy policy)
    {
        if (context.GetReverseProxyFeature().Route.Cluster!.DestinationsState.AllDestinations.Count <= 1)
            return default;
        using var time = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        time.CancelAfter(policy.Total);
        try
        {
            return (await RequestRules.ReadBodyAsync(context, time.Token), null);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return (null, RequestRules.TooSlow(policy));
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            // The client has broken off. That comes before the request is known to be aborted, so it would be taken for a fault.
            return (null, RequestRules.BrokenOff(StatusCodes.Status400BadRequest));
        }
    }

    /// <returns>Null when the request has been answered.</returns>
    private static async ValueTask<Exchange?> BeginAsync(
        HttpContext context, RoutePolicy policy, ReadOnlyMemory<byte>? body, bool isRepeatable)
    {
        var (upstream, proxy) = (policy.Upstream, context.GetReverseProxyFeature());
        var healthy = upstream.HealthyDestinations(proxy.Route.Cluster!);
        if (Pick(upstream, proxy, healthy) is not { } candidate)
        {
            await RejectAsync(context, upstream, healthy);
            return null;
        }

        Describe(context, proxy, candidate.Destination);
        var isBound = StickyClients.IsBound(proxy);
        return new Exchange(context, proxy, policy, candidate, body)
        {
            IsRepeatable = isRepeatable,
            IsBound = isBound,
            IsHedged = upstream.Options.Hedging.Enabled && isRepeatable && !isBound && healthy.Length > 1 && RequestRules.MayBeHedged(context),
        };
    }

    private static Candidate? Pick(Upstream upstream, IReverseProxyFeature proxy, Destination[] healthy)
    {
        // Session affinity has left one destination; another is better than none, unless the client is to have no other.
        if (proxy.AvailableDestinations is DestinationState sticky && LoadBalancer.Passes(upstream.Find(sticky)) is { } candidate)
            return candidate;
        return StickyClients.IsBound(proxy) ? null : upstream.Balancer.Pick(healthy, upstream.Options.LoadBalancingPolicy);
    }

    private static Task RejectAsync(HttpContext context, Upstream upstream, Destination[] healthy)
    {
        upstream.Telemetry.Rejected(upstream.Name, healthy.Length == 0 ? "no_destination" : "circuit_open");
        var detail = healthy.Length == 0
            ? $"No instance of '{upstream.Name}' is healthy; try again shortly."
            : $"All instances of '{upstream.Name}' fail at the moment; try again shortly.";
        return Problem.WriteAsync(context, ProblemCode.Unavailable, detail, retryAfter: upstream.RetryAfter(healthy));
    }

    // On the span of the request itself: one of the proxy's own between it and that of the call would say nothing more.
    private static void Describe(HttpContext context, IReverseProxyFeature proxy, Destination destination)
    {
        proxy.ProxiedDestination = destination.State;
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is not { IsAllDataRequested: true } activity)
            return;
        activity.SetTag("proxy.route_id", proxy.Route.Config.RouteId);
        activity.SetTag("proxy.cluster_id", proxy.Cluster.Config.ClusterId);
        activity.SetTag("proxy.destination_id", destination.State.DestinationId);
    }
}
