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
            exchange = await BeginAsync(context, policy);
        }
        finally
        {
            if (exchange is null)
                upstream.Bulkhead.Leave();
        }

        if (exchange is null)
            return;
        using (exchange)
        {
            var error = ForwarderError.None;
            try
            {
                error = await exchange.ForwardAsync(forwarder);
            }
            finally
            {
                await exchange.EndAsync(error);
            }

            await ForwardProblems.FinishAsync(context, policy, exchange, error);
        }
    }

    /// <returns>Null when the request has been answered.</returns>
    private static async ValueTask<Exchange?> BeginAsync(HttpContext context, RoutePolicy policy)
    {
        var (upstream, proxy) = (policy.Upstream, context.GetReverseProxyFeature());
        var options = upstream.Options;
        var cluster = proxy.Route.Cluster!;
        var healthy = upstream.HealthyDestinations(cluster);
        var isRepeatable = RequestRules.IsRepeatable(context, options.Retries);
        ReadOnlyMemory<byte>? body = null;
        if (isRepeatable && context.Request.ContentLength > 0)
        {
            // Before a destination is chosen, so that none is kept waiting by a slow client.
            if (cluster.DestinationsState.AllDestinations.Count > 1)
                body = await RequestRules.ReadBodyAsync(context);
            else
                isRepeatable = false;
        }

        if (Pick(upstream, proxy, healthy) is not { } candidate)
        {
            await RejectAsync(context, upstream, healthy);
            return null;
        }

        Describe(context, proxy, candidate.Destination);
        return new Exchange(context, proxy, policy, candidate, body)
        {
            IsRepeatable = isRepeatable,
            IsHedged = options.Hedging.Enabled && isRepeatable && healthy.Length > 1 && !RequestRules.IsUpgrade(context),
        };
    }

    private static Candidate? Pick(Upstream upstream, IReverseProxyFeature proxy, Destination[] healthy)
    {
        // Session affinity has left one destination; another is better than none.
        if (proxy.AvailableDestinations is DestinationState sticky && LoadBalancer.Passes(upstream.Find(sticky)) is { } candidate)
            return candidate;
        return upstream.Balancer.Pick(healthy, upstream.Options.LoadBalancingPolicy);
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
