using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Instrumentation.AspNetCore;
using OpenTelemetry.Trace;
using RankMyBrand.Tests.ServiceDefaults;

namespace RankMyBrand.Tests.Substitutes.AspNetCoreTracing;

public sealed class AspNetCoreTracingTests
{
    public static TheoryData<string, string?> Queries => new()
    {
        { "", null },
        { "?a=1", "?a=Redacted" },
        { "?a=1&b=2", "?a=Redacted&b=Redacted" },
        { "?a=&b=", "?a=Redacted&b=Redacted" },
        { "?a=1=2&b", "?a=Redacted&b" },
        { "?flag", "?flag" },
    };

    [Theory]
    [MemberData(nameof(Queries))]
    public async Task Query_OfARequest_IsRedacted(string query, string? expected)
    {
        var (span, _) = await RequestAsync(_ => { }, app => app.MapGet("/", () => "ok"), $"/{query}");

        Assert.Equal(expected, span.GetTagItem("url.query"));
    }

    [Fact]
    public async Task Enrich_RequestAndResponse_AreCalled()
    {
        var (span, _) = await RequestAsync(
            options =>
            {
                options.EnrichWithHttpRequest = (span, request) => span.SetTag("seen.path", request.Path.Value);
                options.EnrichWithHttpResponse = (span, response) => span.SetTag("seen.status", response.StatusCode);
            },
            app => app.MapGet("/", () => TypedResults.StatusCode(418)),
            "/");

        Assert.Equal(("/", 418), (span.GetTagItem("seen.path"), span.GetTagItem("seen.status")));
    }

    [Fact]
    public async Task Exception_NobodyHandles_MarksTheSpan()
    {
        var (span, _) = await RequestAsync(
            options =>
            {
                options.RecordException = true;
                options.EnrichWithException = (span, exception) => span.SetTag("seen.exception", exception.Message);
            },
            app => app.MapGet("/", IResult () => throw new InvalidOperationException("why")),
            "/");

        Assert.Equal(ActivityStatusCode.Error, span.Status);
        Assert.Equal("System.InvalidOperationException", span.GetTagItem("error.type"));
        Assert.Equal("why", span.GetTagItem("seen.exception"));
        Assert.Contains(span.Events, recorded => recorded.Name == "exception");
    }

    [Fact]
    public async Task Filter_AnswersFalse_DropsTheSpan()
    {
        var (span, spans) = await RequestAsync(
            options => options.Filter = context => context.Request.Path != "/dropped", app => app.MapGet("/{name}", (string name) => name), "/dropped", "/kept");

        Assert.Equal("/kept", span.GetTagItem("url.path"));
        Assert.Single(spans.Spans, other => other.TraceId == span.TraceId);
    }

    private static async Task<(Activity Span, SpanRecorder Spans)> RequestAsync(
        Action<AspNetCoreTraceInstrumentationOptions> configure, Action<WebApplication> map, params string[] paths)
    {
        var spans = new SpanRecorder();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddAspNetCoreInstrumentation(configure).AddProcessor(spans));
        await using var app = builder.Build();
        map(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        using var client = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null });
        client.BaseAddress = new Uri(app.Urls.First());
        client.DefaultRequestHeaders.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom().ToHexString()}-01");
        foreach (var path in paths)
        {
            using var response = await client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        }

        return (await spans.WaitAsync(trace), spans);
    }
}
