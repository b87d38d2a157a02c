using System.Diagnostics;
using RankMyBrand.Gateway.Routing.Upstreams;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>Sends a request to one destination, in time, and tells its circuit and the operators how that went.</summary>
internal readonly struct AttemptSender(HttpContext context, RoutePolicy policy, UpstreamOptions options, HttpMessageInvoker client)
{
    /// <summary>
    /// A destination that answers counts as busy until <see cref="Destination.End"/>, which is the caller's to call;
    /// one that does not is free.
    /// </summary>
    public async Task<AttemptResult> SendAsync(
        Candidate candidate, HttpRequestMessage request, bool isRepeatable, CancellationToken cancellationToken)
    {
        // The time to the first byte begins when the body has gone. It may still be under way when the answer comes, so that its timer is
        // never used again.
        var body = isRepeatable ? null : BodyOf(request);
        var timer = body is null ? TimerPool.Rent() : new CancellationTokenSource();
        if (body is null)
            timer.CancelAfter(policy.FirstByte);
        else
            body.BeginTimer(timer, policy.FirstByte);
        var registration = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), timer);
        var began = Stopwatch.GetTimestamp();
        var span = AttemptSpan.Begin(candidate.Destination, request);
        candidate.Destination.Begin();
        AttemptResult result;
        try
        {
            result = new(candidate, await client.SendAsync(request, timer.Token), Error: null, AttemptFailure.None);
            Report(result, Stopwatch.GetElapsedTime(began));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // YARP's forwarder answers whatever comes out of here; this is for what the destination's circuit must know.
            candidate.Destination.End();
            var elapsed = Stopwatch.GetElapsedTime(began);
            result = new(candidate, Response: null, e, Explain(e, request, timer, elapsed, cancellationToken));
            Report(result, elapsed);
        }

        span.End(result);
        await registration.DisposeAsync();
        if (body is null)
            TimerPool.Return(timer);
        else
            body.EndTimer();
        return result;
    }

    private static SentContent? BodyOf(HttpRequestMessage request)
    {
        var content = request.Content ?? EmptyBody(request.Method);
        if (content is null or SentContent)
            return (SentContent?)content;
        var body = new SentContent(content);
        request.Content = body;
        return body;
    }

    // The client sends a request without a body again of itself when the connection ends before an answer, but not one whose body has begun.
    private static ReadOnlyMemoryContent? EmptyBody(HttpMethod method) => method == HttpMethod.Connect || RequestRules.IsIdempotent(method.Method)
        ? null
        : new ReadOnlyMemoryContent(default) { Headers = { ContentLength = 0 } };

    private void Report(in AttemptResult result, TimeSpan elapsed)
    {
        var (upstream, outcome) = (policy.Upstream, result.Outcome);
        upstream.Report(result.Candidate, outcome);
        upstream.Telemetry.Attempted(upstream.Name, result.Candidate.Destination, outcome, elapsed);
        if (options.Hedging.Enabled && result.Response is not null)
            upstream.Latencies.Add(elapsed);
    }

    private AttemptFailure Explain(
        Exception e, HttpRequestMessage request, CancellationTokenSource timer, TimeSpan elapsed,
        CancellationToken cancellationToken) => e switch
        {
            _ when context.RequestAborted.IsCancellationRequested || request.Content is SentContent { HasFailed: true } =>
                AttemptFailure.GivenUp,
            // The whole time is over, or that in which nothing may happen. Whoever has had most of it was too slow.
            OperationCanceledException when cancellationToken.IsCancellationRequested =>
                elapsed > policy.Total / 2 || elapsed > options.Timeouts.Idle / 2 ? AttemptFailure.TooSlow : AttemptFailure.GivenUp,
            OperationCanceledException when timer.IsCancellationRequested => AttemptFailure.TooSlow,
            // The connect timeout of the handler.
            OperationCanceledException { InnerException: TimeoutException } => AttemptFailure.NotSent,
            HttpRequestException http => http.HttpRequestError switch
            {
                HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError =>
                    AttemptFailure.NotSent,
                HttpRequestError.ExtendedConnectNotSupported or HttpRequestError.VersionNegotiationError => AttemptFailure.OtherVersion,
                _ => AttemptFailure.Broken,
            },
            _ => AttemptFailure.Broken,
        };
}
