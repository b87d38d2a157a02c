using System.Net;
using System.Runtime.ExceptionServices;
using RankMyBrand.Gateway.Connections;
using RankMyBrand.Gateway.Identity;
using RankMyBrand.Gateway.Routing.Upstreams;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>
/// One request of a client, and all attempts to have it answered. It stands where YARP's forwarder expects the HTTP client: whatever
/// happens here happens before the first byte of an answer, so the client sees one answer only.
/// </summary>
internal sealed class Exchange(
    HttpContext context, IReverseProxyFeature proxy, RoutePolicy policy, Candidate first, ReadOnlyMemory<byte>? body)
    : HttpMessageInvoker(Unused.Handler, disposeHandler: false)
{
    // An instance that is killed takes connections, which nobody serves, until the kernel is done with it.
    private static readonly TimeSpan s_again = TimeSpan.FromMilliseconds(100);

    private readonly Upstream _upstream = policy.Upstream;
    private readonly UpstreamOptions _options = policy.Upstream.Options;
    private readonly AttemptSender _sender = new(context, policy, policy.Upstream.Options, proxy.Cluster.HttpClient);
    private Candidate _candidate = first;
    private bool _isUnsent = true;
    private DestinationConfig _target = first.Destination.Config;
    private DestinationConfig? _firstTarget;
    private List<Destination>? _tried;

    private readonly CancellationTokenSource _total = TimerPool.Rent();
    private Destination? _answering;
    private ProtocolSwitch? _switch;
    private Permission? _permission;
    private bool _hasLeftBulkhead;
    private Task _discarding = Task.CompletedTask;

    /// <summary>Whether the request may be sent more than once.</summary>
    public required bool IsRepeatable { get; init; }

    /// <summary>Whether no other destination may be asked.</summary>
    public required bool IsBound { get; init; }

    /// <summary>Whether a second attempt may begin while the first is under way.</summary>
    public required bool IsHedged { get; init; }

    /// <summary>Whether the forwarder has sent the request to anybody. It refuses some itself.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Why there is no answer.</summary>
    public AttemptFailure Failure { get; private set; }

    /// <summary>Ends the exchange when the whole time is over.</summary>
    public CancellationToken TimeIsOver => _total.Token;

    /// <summary>Forwards the request, and the answer of whichever destination gives one.</summary>
    public ValueTask<ForwarderError> ForwardAsync(IHttpForwarder forwarder)
    {
        _total.CancelAfter(policy.Total);
        _firstTarget = _target;
        return forwarder.SendAsync(
            context, _target.Address, this, proxy.Cluster.Config.HttpRequest!, proxy.Route.Transformer, _total.Token);
    }

    /// <summary>Frees what the request has held, however it ended.</summary>
    public Task EndAsync(ForwarderError error)
    {
        _permission?.Dispose();
        // Nobody else would say what became of the passage, and a circuit that waits for its probe lets nothing else through.
        if (_isUnsent)
            _upstream.Report(_candidate, AttemptOutcome.Abandoned);
        if (error == ForwarderError.ResponseBodyDestination && _answering is not null)
            _upstream.Report(new Candidate(_answering, IsProbe: false), AttemptOutcome.Failed);
        if (_switch is { } begun)
            begun.End(Handover.Of(context)!);
        else
            _answering?.End();
        LeaveBulkhead();
        return _discarding;
    }

    /// <summary>Nothing waits for the end of the time any more.</summary>
    protected override void Dispose(bool disposing)
    {
        TimerPool.Return(_total);
        base.Dispose(disposing);
    }

    public override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Begin(request);
        var claim = RequestRules.IsUpgrade(context) && Handover.Of(context) is not null ? DestinationStream.BeginClaim() : null;
        for (var left = _options.Retries.Attempts; ; left--)
        {
            var result = IsHedged
                ? await SendHedgedAsync(request, cancellationToken)
                : await SendAsync(_candidate, request, cancellationToken);
            if (!result.IsBad || left == 0 || cancellationToken.IsCancellationRequested || !MayRepeat(result, request)
                || TakeNext(result) is not { } other)
            {
                var response = Finish(result, request);
                if (response.StatusCode == HttpStatusCode.SwitchingProtocols && claim?.Connection is { } connection)
                    await TakeAsync(response, connection, cancellationToken);
                return response;
            }

            Discard(result);
            _upstream.Telemetry.Retried(_upstream.Name);
            Turn(request, other);
            if (other.Destination == result.Candidate.Destination)
                await Task.Delay(s_again, cancellationToken);
        }
    }

    private void Begin(HttpRequestMessage request)
    {
        // The forwarder asks a second time, with a new request, when a WebSocket needs another version of HTTP.
        if (HasBegun)
        {
            RequestCopies.Redirect(request, _firstTarget!, _target);
            if (LoadBalancer.Passes(_candidate.Destination) is { } again)
                (_candidate, _isUnsent) = (again, true);
        }

        HasBegun = true;
        // The gateway answers it itself. While the HTTP client waits for a service's answer to it, the body has not begun, so it would send the
        // request again of itself, whatever its method.
        if (context.Request.Headers.Expect.Count > 0)
            request.Headers.Remove("Expect");
        if (context.Request.Path.Value!.Contains('%', StringComparison.Ordinal))
            RequestCopies.KeepEncodedSlashes(request, context);
        if (body is { } bytes && request.Content is { } content)
            request.Content = RequestCopies.WithHeaders(new ReadOnlyMemoryContent(bytes), content);
    }

    private void Turn(HttpRequestMessage request, Candidate other)
    {
        (_candidate, _isUnsent) = (other, true);
        var target = other.Destination.Config;
        RequestCopies.Redirect(request, _target, target);
        _target = target;
    }

    private Task<AttemptResult> SendAsync(Candidate candidate, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        _isUnsent = false;
        return _sender.SendAsync(candidate, request, IsRepeatable, cancellationToken);
    }

    // A destination to which there was no connection has not seen the request, so it does not matter whether that may be repeated.
    private bool MayRepeat(in AttemptResult result, HttpRequestMessage request) => result.Failure switch
    {
        AttemptFailure.GivenUp or AttemptFailure.OtherVersion => false,
        AttemptFailure.NotSent => IsRepeatable || request.Content is not SentContent { HasStarted: true },
        _ => IsRepeatable,
    };

    private Candidate? TakeNext(in AttemptResult result)
    {
        // What nobody has seen adds to nobody's load, wherever it goes next.
        var isCounted = result.Failure != AttemptFailure.NotSent;
        return result.Failure == AttemptFailure.Broken && _tried is null && !IsBound && IsOnly(result.Candidate.Destination)
            ? TakeAgain(result.Candidate.Destination)
            : TakeOther(result.Candidate, isCounted);
    }

    private bool IsOnly(Destination destination) => _upstream.HealthyDestinations(proxy.Route.Cluster!) is [var only] && only == destination;

    // The address may stand for several instances, of which one has died; a new connection leads to another.
    private Candidate? TakeAgain(Destination destination)
    {
        _tried = [destination];
        return _upstream.Budget.TryTake(_options.Retries.Budget) ? LoadBalancer.Passes(destination) : null;
    }

    private Candidate? TakeOther(Candidate than, bool isCounted = true)
    {
        if (IsBound)
            return null;
        _tried ??= [];
        if (!_tried.Contains(than.Destination))
            _tried.Add(than.Destination);
        var healthy = _upstream.HealthyDestinations(proxy.Route.Cluster!);
        if (Array.TrueForAll(healthy, _tried.Contains) || (isCounted && !_upstream.Budget.TryTake(_options.Retries.Budget)))
            return null;
        return _upstream.Balancer.Pick(healthy, _options.LoadBalancingPolicy, _tried);
    }

    private async Task<AttemptResult> SendHedgedAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if ((_options.Hedging.Delay ?? _upstream.Latencies.P95) is not { } delay)
            return await SendAsync(_candidate, request, cancellationToken);

        // Copied before it is under way: the client may change its headers while it sends it.
        var copy = RequestCopies.Copy(request, body ?? default);
        using var stopOne = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stopTwo = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var one = SendAsync(_candidate, request, stopOne.Token);
        if (await EndsWithinAsync(one, delay) || TakeOther(_candidate) is not { } other)
            return await one;

        _tried!.Add(other.Destination);
        RequestCopies.Redirect(copy, _target, other.Destination.Config);
        var two = SendAsync(other, copy, stopTwo.Token);
        var faster = await Task.WhenAny(one, two);
        var (slower, stopSlower) = faster == one ? (two, stopTwo) : (one, stopOne);
        var result = await faster;
        if (result.IsBad)
        {
            Discard(result);
            return await slower;
        }

        await stopSlower.CancelAsync();
        _discarding = DiscardAsync(slower);
        _upstream.Telemetry.Hedged(_upstream.Name, won: faster == two);
        return result;
    }

    private static async Task<bool> EndsWithinAsync(Task attempt, TimeSpan time)
    {
        using var stop = new CancellationTokenSource();
        var isFirst = await Task.WhenAny(attempt, Task.Delay(time, stop.Token)) == attempt;
        await stop.CancelAsync();
        return isFirst;
    }

    private HttpResponseMessage Finish(in AttemptResult result, HttpRequestMessage request)
    {
        proxy.ProxiedDestination = result.Candidate.Destination.State;
        Failure = result.Failure;
        if (result.Response is not { } response)
        {
            ExceptionDispatchInfo.Throw(result.Error!);
            return null;
        }

        _answering = result.Candidate.Destination;
        if (IsStream(request, response))
        {
            // It may last for days and costs next to nothing meanwhile.
            _total.CancelAfter(Timeout.InfiniteTimeSpan);
            LeaveBulkhead();
            _permission = Permission.Of(context)?.Watch(context.Abort);
            if (response.StatusCode == HttpStatusCode.OK && request.Method != HttpMethod.Connect)
                response.Content = new StreamedContent(response.Content, context.Response);
        }

        return response;
    }

    private async ValueTask TakeAsync(HttpResponseMessage response, DestinationStream connection, CancellationToken cancellationToken)
    {
        var stream = await connection.TakeAsync();
        try
        {
            var early = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            _switch = ProtocolSwitch.Begin(context, response, new Relay(stream, early, _answering!, _options.Timeouts.Idle));
        }
        finally
        {
            if (_switch is null)
                await stream.DisposeAsync();
        }
    }

    private void LeaveBulkhead()
    {
        if (_hasLeftBulkhead)
            return;
        _hasLeftBulkhead = true;
        _upstream.Bulkhead.Leave(_upstream.Options.Bulkhead);
    }

    private static async Task DiscardAsync(Task<AttemptResult> attempt) => Discard(await attempt);

    private static void Discard(in AttemptResult result)
    {
        if (result.Response is null)
            return;
        result.Response.Dispose();
        result.Candidate.Destination.End();
    }

    private static bool IsStream(HttpRequestMessage request, HttpResponseMessage response)
    {
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols
            || (request.Method == HttpMethod.Connect && response.IsSuccessStatusCode))
            return true;
        return response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values) && values.ToString() is var type
            && (type.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase)
                || type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The base class wants a handler; this class sends through the client of the cluster.</summary>
    private sealed class Unused : HttpMessageHandler
    {
        public static readonly Unused Handler = new();

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
