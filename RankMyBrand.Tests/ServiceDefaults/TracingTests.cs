using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Tests.ServiceDefaults;

public sealed class TracingTests
{
    [Fact]
    public async Task Request_WithRouteAndQuery_IsDescribedByTheConventions()
    {
        var spans = new SpanRecorder();
        await using var service = await ServiceUnderTest.StartAsync(app => app.MapGet("/brands/{id}", (string id) => id), spans.AddTo);
        var (trace, parent) = Traced(service);
        service.Client.DefaultRequestHeaders.Add("User-Agent", "probe/1.0");
        service.Client.DefaultRequestHeaders.Add("X-Correlation-ID", "tagged");

        await service.Client.GetAsync(new Uri("/brands/acme?token=secret&x=1&flag", UriKind.Relative), TestContext.Current.CancellationToken);

        var span = await spans.WaitAsync(trace);
        Assert.Equal(parent, span.ParentSpanId.ToHexString());
        Assert.Equal("GET /brands/{id}", span.DisplayName);
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
        Assert.Equal("GET", span.GetTagItem("http.request.method"));
        Assert.Equal("/brands/{id}", span.GetTagItem("http.route"));
        Assert.Equal("200", Text(span, "http.response.status_code"));
        Assert.Equal("/brands/acme", span.GetTagItem("url.path"));
        Assert.Equal("http", span.GetTagItem("url.scheme"));
        Assert.Equal("127.0.0.1", span.GetTagItem("server.address"));
        Assert.Equal(service.Address.Port.ToString(CultureInfo.InvariantCulture), Text(span, "server.port"));
        Assert.Equal("1.1", span.GetTagItem("network.protocol.version"));
        Assert.Equal("probe/1.0", span.GetTagItem("user_agent.original"));
        Assert.Equal("tagged", span.GetTagItem("rankmybrand.correlation_id"));
        var query = Assert.IsType<string>(span.GetTagItem("url.query"));
        Assert.DoesNotContain("secret", query, StringComparison.Ordinal);
        Assert.Contains("token=Redacted&x=Redacted", query, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/missing", 404, ActivityStatusCode.Unset, "GET")]
    [InlineData("/down", 503, ActivityStatusCode.Error, "GET /down")]
    [InlineData("/busy", 429, ActivityStatusCode.Unset, "GET /busy")]
    public async Task Request_AnsweredWithAnError_IsAnErrorOnlyWhenItIsOurs(string path, int code, ActivityStatusCode status, string name)
    {
        var spans = new SpanRecorder();
        await using var service = await ServiceUnderTest.StartAsync(
            app =>
            {
                app.MapGet("/down", () => TypedResults.StatusCode(503));
                app.MapGet("/busy", () => TypedResults.StatusCode(429));
            },
            spans.AddTo);
        var (trace, _) = Traced(service);

        await service.Client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

        var span = await spans.WaitAsync(trace);
        Assert.Equal(status, span.Status);
        Assert.Equal(code.ToString(CultureInfo.InvariantCulture), Text(span, "http.response.status_code"));
        Assert.Equal(name, span.DisplayName);
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Development")]
    public async Task Request_ThatThrows_RecordsTheException(string environment)
    {
        var spans = new SpanRecorder();
        await using var service = await ServiceUnderTest.StartAsync(
            app => app.MapGet("/fail/{id}", IResult (int id) => throw new InvalidOperationException($"why {id}")), spans.AddTo, environment);
        var (trace, _) = Traced(service);

        await service.Client.GetAsync(new Uri("/fail/1", UriKind.Relative), TestContext.Current.CancellationToken);

        var span = await spans.WaitAsync(trace);
        Assert.Equal("GET /fail/{id}", span.DisplayName);
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        Assert.Equal("System.InvalidOperationException", span.GetTagItem("error.type"));
        Assert.Contains(span.Events, recorded => recorded.Name == "exception");
    }

    [Fact]
    public async Task Request_UnknownMethod_IsNotAName()
    {
        var spans = new SpanRecorder();
        await using var service = await ServiceUnderTest.StartAsync(configure: spans.AddTo);
        var (trace, _) = Traced(service);
        using var request = new HttpRequestMessage(new HttpMethod("BREW"), "/pot");

        await service.Client.SendAsync(request, TestContext.Current.CancellationToken);

        var span = await spans.WaitAsync(trace);
        Assert.Equal("_OTHER", span.GetTagItem("http.request.method"));
        Assert.Equal("BREW", span.GetTagItem("http.request.method_original"));
        Assert.Equal("HTTP", span.DisplayName);
    }

    [Fact]
    public async Task Probes_AreNotTraced()
    {
        var spans = new SpanRecorder();
        await using var service = await ServiceUnderTest.StartAsync(app => app.MapGet("/", () => "ok"), spans.AddTo);
        var (trace, _) = Traced(service);

        foreach (var path in (string[])["/health", "/health/live", "/health/ready", "/metrics", "/"])
        {
            await service.Client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        }

        await spans.WaitAsync(trace);
        Assert.Equal(
            ["/"],
            spans.Spans.Where(span => span.Kind == ActivityKind.Server && span.TraceId.ToHexString() == trace)
                .Select(span => span.GetTagItem("url.path")));
    }

    [Fact]
    public async Task OutgoingCall_JoinsTheTraceOfItsRequest()
    {
        var spans = new SpanRecorder();
        await using var callee = await ServiceUnderTest.StartAsync(app => app.MapGet("/", () => "called"));
        await using var caller = await ServiceUnderTest.StartAsync(
            app => app.MapGet("/", (IHttpClientFactory clients, CancellationToken ct) => clients.CreateClient().GetStringAsync(callee.Address, ct)),
            spans.AddTo);
        var (trace, _) = Traced(caller);

        await caller.Client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

        var span = await spans.WaitAsync(trace, ActivityKind.Client);
        Assert.Equal("200", Text(span, "http.response.status_code"));
        Assert.Equal("GET", span.GetTagItem("http.request.method"));
    }

    [Fact]
    public async Task OwnSource_NamedAfterTheProduct_IsExported()
    {
        using var source = new ActivitySource("RankMyBrand.Anything");
        var spans = new SpanRecorder();
        await using var service = await ServiceUnderTest.StartAsync(
            app => app.MapGet("/", () => source.StartActivity("work", ActivityKind.Consumer)?.Dispose()), spans.AddTo);
        var (trace, _) = Traced(service);

        await service.Client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal("work", (await spans.WaitAsync(trace, ActivityKind.Consumer)).DisplayName);
    }

    [Fact]
    public async Task TraceBudget_OfNothing_StopsTheStart()
    {
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(
            () => ServiceUnderTest.StartAsync(settings: ("ServiceDefaults:Telemetry:TracesPerSecond", "0")));

        Assert.Contains("ServiceDefaults:Telemetry:TracesPerSecond", refused.Message, StringComparison.Ordinal);
        Assert.Contains("between 1 and 1000000", refused.Message, StringComparison.Ordinal);
    }

    internal static (string Trace, string Parent) Traced(ServiceUnderTest service)
    {
        var (trace, parent) = (ActivityTraceId.CreateRandom().ToHexString(), ActivitySpanId.CreateRandom().ToHexString());
        service.Client.DefaultRequestHeaders.Add("traceparent", $"00-{trace}-{parent}-01");
        return (trace, parent);
    }

    private static string? Text(Activity span, string tag) => Convert.ToString(span.GetTagItem(tag), CultureInfo.InvariantCulture);
}
