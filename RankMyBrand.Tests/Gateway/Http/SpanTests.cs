using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace RankMyBrand.Tests.Gateway.Http;

/// <summary>A request through the gateway is one span of the gateway's, and one of each attempt to have a service answer it.</summary>
public sealed class SpanTests(Gateways gateways)
{
    [Fact]
    public async Task Request_Forwarded_IsASpanWithItsRouteAndOneOfTheAttempt()
    {
        using var spans = new Spans();
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend.Address, log: null);

        Assert.Equal(StatusCodes.Status200OK, await AskAsync(gateway, "/echo/x?key=secret", $"00-{spans.Trace}-{ActivitySpanId.CreateRandom()}-01"));

        var request = await spans.WaitAsync(ActivityKind.Server);
        Assert.Equal("echo", request.GetTagItem("proxy.route_id"));
        Assert.Equal("test", request.GetTagItem("proxy.cluster_id"));
        Assert.StartsWith("one", (string?)request.GetTagItem("proxy.destination_id"), StringComparison.Ordinal);
        var attempt = await spans.WaitAsync(ActivityKind.Client);
        Assert.Equal(("GET", request.SpanId), (attempt.DisplayName, attempt.ParentSpanId));
        Assert.Equal("GET", attempt.GetTagItem("http.request.method"));
        Assert.Equal("127.0.0.1", attempt.GetTagItem("server.address"));
        Assert.Equal(backend.Address.Port, attempt.GetTagItem("server.port"));
        Assert.Equal($"{backend.Address}echo/x", attempt.GetTagItem("url.full"));
        Assert.Equal(200, attempt.GetTagItem("http.response.status_code"));
        Assert.Equal(request.GetTagItem("proxy.destination_id"), attempt.GetTagItem("proxy.destination_id"));
        // The service goes on below the attempt, not below what the client said.
        Assert.Equal([$"00-{spans.Trace}-{attempt.SpanId}-01"], RawBackend.Values(backend.Only, "traceparent"));
    }

    [Fact]
    public async Task Attempt_ThatFails_SaysSoOnItsSpan()
    {
        using var spans = new Spans();
        await using var gateway = await gateways.StartAsync(new Uri("http://127.0.0.1:1"), log: null);

        Assert.Equal(StatusCodes.Status502BadGateway, await AskAsync(gateway, "/echo/x", $"00-{spans.Trace}-{ActivitySpanId.CreateRandom()}-01"));

        var attempt = await spans.WaitAsync(ActivityKind.Client);
        Assert.Equal((ActivityStatusCode.Error, "NotSent"), (attempt.Status, attempt.StatusDescription));
        Assert.Equal("System.Net.Http.HttpRequestException", attempt.GetTagItem("error.type"));
    }

    [Fact]
    public async Task Attempt_AnsweredWithAnError_SaysSoOnItsSpan()
    {
        using var spans = new Spans();
        await using var backend = new RawBackend { Answer = static _ => "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n" };
        await using var gateway = await gateways.StartAsync(backend.Address, log: null);

        Assert.Equal(
            StatusCodes.Status503ServiceUnavailable, await AskAsync(gateway, "/echo/x", $"00-{spans.Trace}-{ActivitySpanId.CreateRandom()}-01"));

        var attempt = await spans.WaitAsync(ActivityKind.Client);
        Assert.Equal((ActivityStatusCode.Error, "503"), (attempt.Status, attempt.GetTagItem("error.type")));
    }

    [Fact]
    public async Task Request_WithAMethodOfItsOwn_GivesItsSpanNoName()
    {
        using var spans = new Spans();
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend.Address, log: null);
        using var client = gateway.CreateClient(GatewayHost.Key);
        client.DefaultRequestHeaders.Add("traceparent", $"00-{spans.Trace}-{ActivitySpanId.CreateRandom()}-01");

        using var request = new HttpRequestMessage(new HttpMethod("INVENTED"), "/echo/x");
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(StatusCodes.Status200OK, (int)response.StatusCode);
        var attempt = await spans.WaitAsync(ActivityKind.Client);
        Assert.Equal(("HTTP", "_OTHER"), (attempt.DisplayName, attempt.GetTagItem("http.request.method")));
    }

    [Fact]
    public async Task Request_OfATraceThatIsNotRecorded_GoesOnInThatTrace()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend.Address, log: null);
        var (trace, caller) = (ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom());

        Assert.Equal(StatusCodes.Status200OK, await AskAsync(gateway, "/echo/x", $"00-{trace}-{caller}-00"));

        var parent = Assert.Single(RawBackend.Values(backend.Only, "traceparent"));
        Assert.Matches($"^00-{trace}-[0-9a-f]{{16}}-00$", parent);
        Assert.DoesNotContain(caller.ToString(), parent, StringComparison.Ordinal);
    }

    private static async Task<int> AskAsync(GatewayHost gateway, string path, string parent)
    {
        using var client = gateway.CreateClient(GatewayHost.Key);
        client.DefaultRequestHeaders.Add("traceparent", parent);
        using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
        return (int)response.StatusCode;
    }

    /// <summary>Records the spans of one trace.</summary>
    private sealed class Spans : IDisposable
    {
        private readonly ConcurrentDictionary<ActivityKind, TaskCompletionSource<Activity>> _spans = new();
        private readonly ActivityListener _listener;

        public Spans()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = static source => source.Name is "Microsoft.AspNetCore" or "RankMyBrand.Gateway.Routing",
                Sample = (ref ActivityCreationOptions<ActivityContext> span) =>
                    span.TraceId == Trace ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
                ActivityStopped = span =>
                {
                    if (span.TraceId == Trace)
                        Of(span.Kind).TrySetResult(span);
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public ActivityTraceId Trace { get; } = ActivityTraceId.CreateRandom();

        public Task<Activity> WaitAsync(ActivityKind kind) =>
            Of(kind).Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        public void Dispose() => _listener.Dispose();

        private TaskCompletionSource<Activity> Of(ActivityKind kind) => _spans.GetOrAdd(kind, static _ => new());
    }
}
