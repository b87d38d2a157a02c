using System.Diagnostics;
using Microsoft.AspNetCore.Builder;

namespace RankMyBrand.Tests.ServiceDefaults;

/// <summary>While no other service runs in this process: what one of them records, the others record as well.</summary>
[Collection(MeasuredAlone.Name)]
public sealed class TraceBudgetTests
{
    [Fact]
    public async Task Traces_BeyondTheBudget_AreRecordedOnlyWhenTheCallerRecordsThem()
    {
        var spans = new SpanRecorder();
        await using var service = await ServiceUnderTest.StartAsync(
            app => app.MapGet("/{n}", (int n) => n), spans.AddTo, settings: ("ServiceDefaults:Telemetry:TracesPerSecond", "1"));

        // On a slow machine some seconds go by meanwhile, but not forty. What else this process does may take the first second's trace.
        do
        {
            for (var n = 0; n < 50; n++)
                await service.Client.GetAsync(new Uri($"/{n}", UriKind.Relative), TestContext.Current.CancellationToken);
        }
        while (!spans.Spans.Any(span => span.Kind == ActivityKind.Server));
        var trace = TracingTests.Traced(service).Trace;
        await service.Client.GetAsync(new Uri("/51", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal("/51", (await spans.WaitAsync(trace)).GetTagItem("url.path"));
        Assert.InRange(spans.Spans.Count(span => span.Kind == ActivityKind.Server && span.TraceId.ToHexString() != trace), 1, 40);
    }

    [Fact]
    public async Task Sampler_OfTheEnvironment_Decides()
    {
        var spans = new SpanRecorder();
        await using var service = await ServiceUnderTest.StartAsync(
            app => app.MapGet("/", () => "ok"), spans.AddTo, settings: ("OTEL_TRACES_SAMPLER", "always_off"));
        await service.Client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
        await service.DisposeAsync();

        Assert.Empty(spans.Spans);
    }
}
