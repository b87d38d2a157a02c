using Microsoft.AspNetCore.Diagnostics;
using RankMyBrand.ServiceDefaults.Problems;
using Yarp.ReverseProxy.Forwarder;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>Tells the client why there is no answer.</summary>
internal static class ForwardProblems
{
    public static Task FinishAsync(HttpContext context, RoutePolicy policy, Exchange exchange, ForwarderError error, in LimitFields limits)
    {
        if (error == ForwarderError.None)
        {
            if (context.Response.StatusCode < StatusCodes.Status400BadRequest)
                return Task.CompletedTask;
            if (!exchange.HasBegun)
                return Refused(context).ExecuteAsync(context);
            // What a service answers goes to the client as it is, an error without a body too.
            if (context.Features.Get<IStatusCodePagesFeature>() is { } pages)
                pages.Enabled = false;
            return Task.CompletedTask;
        }

        if (context.RequestAborted.IsCancellationRequested)
        {
            if (!context.Response.HasStarted)
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return Task.CompletedTask;
        }

        var problem = Explain(context, policy, exchange, error);
        Log(context, policy, error, problem.StatusCode!.Value);
        if (context.Response.HasStarted)
            return Task.CompletedTask;
        limits.WriteTo(context.Response.Headers);
        return problem.ExecuteAsync(context);
    }

    // By the forwarder, which only sets the status. So far it does that for handshakes that it translates into HTTP/2.
    private static ProblemResult Refused(HttpContext context) => Problem.Create(
        ProblemCode.Validation,
        RequestRules.IsUpgrade(context)
            ? "The handshake of the WebSocket is not valid: Sec-WebSocket-Key must be 16 bytes in base64 (RFC 6455, section 4.1)."
            : "The request cannot be forwarded as it is.",
        context.Response.StatusCode);

    private static ProblemResult Explain(HttpContext context, RoutePolicy policy, Exchange exchange, ForwarderError error)
    {
        var name = policy.Upstream.Name;
        if (exchange.TimeIsOver.IsCancellationRequested)
            return TimedOut($"'{name}' has not answered within {policy.Total.TotalSeconds:0.###} s.");
        if (exchange.Failure == AttemptFailure.TooSlow || error == ForwarderError.RequestTimedOut)
        {
            return TimedOut(exchange.Failure == AttemptFailure.NotSent
                ? $"'{name}' could not be reached in time."
                : $"'{name}' has not begun to answer in time.");
        }

        if (error == ForwarderError.RequestBodyClient)
        {
            return context.Response.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? RequestRules.TooLarge(policy)
                : RequestRules.BrokenOff(context.Response.StatusCode);
        }

        return Problem.Create(
            ProblemCode.Unavailable,
            exchange.Failure == AttemptFailure.NotSent ? $"'{name}' could not be reached." : $"'{name}' broke off before it had answered.",
            StatusCodes.Status502BadGateway);
    }

    private static ProblemResult TimedOut(string detail) =>
        Problem.Create(ProblemCode.Unavailable, detail, StatusCodes.Status504GatewayTimeout);

    private static void Log(HttpContext context, RoutePolicy policy, ForwarderError error, int status)
    {
        if (status < StatusCodes.Status500InternalServerError)
            return;
        var exception = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        policy.Upstream.Telemetry.Failed(
            context.Request.Method,
            policy.Upstream.Name,
            context.GetReverseProxyFeature().ProxiedDestination?.DestinationId,
            status,
            exception is null ? error.ToString() : $"{error}: {exception.GetBaseException().Message}");
    }
}
