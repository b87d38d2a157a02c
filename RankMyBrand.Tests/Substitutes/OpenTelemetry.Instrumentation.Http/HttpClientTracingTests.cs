using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OpenTelemetry;
using OpenTelemetry.Trace;
using RankMyBrand.Tests.ServiceDefaults;

namespace RankMyBrand.Tests.Substitutes.HttpTracing;

public sealed class HttpClientTracingTests
{
    [Fact]
    public async Task Filter_AnswersFalse_DropsTheSpan()
    {
        await using var server = await ServiceUnderTest.StartAsync(app => app.MapGet("/{name}", (string name) => name));
        var spans = new SpanRecorder();
        using var tracing = Sdk.CreateTracerProviderBuilder()
            .AddHttpClientInstrumentation(options => options.FilterHttpRequestMessage = request => request.RequestUri?.AbsolutePath != "/dropped")
            .AddProcessor(spans)
            .Build();
        using var source = new Activity("test") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.Start();
        using var client = new HttpClient { BaseAddress = server.Address };

        await client.GetAsync(new Uri("/dropped", UriKind.Relative), TestContext.Current.CancellationToken);
        await client.GetAsync(new Uri("/kept", UriKind.Relative), TestContext.Current.CancellationToken);

        var own = spans.Spans.Where(span => span.Kind == ActivityKind.Client && span.TraceId == source.TraceId);
        Assert.EndsWith("/kept", Assert.Single(own).GetTagItem("url.full") as string, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Enrich_RequestResponseAndException_AreCalled()
    {
        await using var server = await ServiceUnderTest.StartAsync(app => app.MapGet("/", () => TypedResults.StatusCode(418)));
        var spans = new SpanRecorder();
        using var tracing = Sdk.CreateTracerProviderBuilder()
            .AddHttpClientInstrumentation(options =>
            {
                options.EnrichWithHttpRequestMessage = (span, request) => span.SetTag("seen.method", request.Method.Method);
                options.EnrichWithHttpResponseMessage = (span, response) => span.SetTag("seen.status", (int)response.StatusCode);
                options.EnrichWithException = (span, exception) => span.SetTag("seen.exception", exception.GetType().Name);
            })
            .AddProcessor(spans)
            .Build();
        using var source = new Activity("test") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.Start();
        using var client = new HttpClient { BaseAddress = server.Address };

        await client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("http://127.0.0.1:1/"), TestContext.Current.CancellationToken));

        var own = spans.Spans.Where(span => span.Kind == ActivityKind.Client && span.TraceId == source.TraceId).ToList();
        Assert.Equal(("GET", 418), (own[0].GetTagItem("seen.method"), own[0].GetTagItem("seen.status")));
        Assert.Equal(nameof(HttpRequestException), own[1].GetTagItem("seen.exception"));
        Assert.Equal(ActivityStatusCode.Error, own[1].Status);
    }
}
