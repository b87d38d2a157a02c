using System.Diagnostics;
using RankMyBrand.Gateway.Routing.Upstreams;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>Sends a request to one destination, in time, and tells its circuit how that went.</summary>
internal readonly struct AttemptSender(HttpContext context, RoutePolicy policy, UpstreamOptions options, HttpMessageInvoker client)
{
    /// <summary>
    /// A destination that answers counts as busy until <see cref="Destination.End"/>, which is the caller's to call;
    /// one that does not is free.
    /// </summary>
    public async Task<AttemptResult> SendAsync(
        Candidate candidate, HttpRequestMessage request, bool isRepeatable, CancellationToken cancellationToken)
    {
        if (!isRepeatable && request.Content is not null)
            return await SendStreamAsync(candidate, request, cancellationToken);
        var timer = TimerPool.Rent();
        timer.CancelAfter(policy.FirstByte);
        var result = await SendAsync(candidate, request, timer, cancellationToken);
        TimerPool.Return(timer);
        return result;
    }

    // The time to the first byte begins when the body has gone. It may still be under way when the answer comes, so that this timer is
    // never used again.
    private async Task<AttemptResult> SendStreamAsync(Candidate candidate, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content as SentContent ?? new SentContent(request.Content!);
        request.Content = body;
        var timer = new CancellationTokenSource();
        body.BeginTimer(timer, policy.FirstByte);
        var result = await SendAsync(candidate, request, timer, cancellationToken);
        body.EndTimer();
        return result;
    }

    private async Task<AttemptResult> SendAsync(
        Candidate candidate, HttpRequestMessage request, CancellationTokenSource timer, CancellationToken cancellationToken)
    {
        var (upstream, destination) = (policy.Upstream, candidate.Destination);
        var began = Stopwatch.GetTimestamp();
        destination.Begin();
        using var registration = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), timer);
        try
        {
            var response = await client.SendAsync(request, timer.Token);
            upstream.Report(
                candidate,
                (int)response.StatusCode >= StatusCodes.Status500InternalServerError ? AttemptOutcome.Failed : AttemptOutcome.Succeeded);
            if (options.Hedging.Enabled)
                upstream.Latencies.Add(Stopwatch.GetElapsedTime(began));
            return new(candidate, response, Error: null, AttemptFailure.None);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // YARP's forwarder answers whatever comes out of here; this is for what the destination's circuit must know.
            destination.End();
            var failure = Explain(e, request, timer, Stopwatch.GetElapsedTime(began), cancellationToken);
            upstream.Report(candidate, failure switch
            {
                AttemptFailure.NotSent => AttemptOutcome.Unreachable,
                AttemptFailure.GivenUp or AttemptFailure.OtherVersion => AttemptOutcome.Abandoned,
                _ => AttemptOutcome.Failed,
            });
            return new(candidate, Response: null, e, failure);
        }
    }

    private AttemptFailure Explain(
        Exception e, HttpRequestMessage request, CancellationTokenSource timer, TimeSpan elapsed,
        CancellationToken cancellationToken) => e switch
        {
            _ when context.RequestAborted.IsCancellationRequested || request.Content is SentContent { HasFailed: true } =>
                AttemptFailure.GivenUp,
            // The whole time is over. Whoever has had most of it was too slow.
            OperationCanceledException when cancellationToken.IsCancellationRequested =>
                elapsed > policy.Total / 2 ? AttemptFailure.TooSlow : AttemptFailure.GivenUp,
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
