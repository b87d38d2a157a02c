using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace RankMyBrand.Tests.ServiceDefaults;

/// <summary>Keeps the spans that a service would export.</summary>
internal sealed class SpanRecorder : BaseProcessor<Activity>
{
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly SemaphoreSlim _ended = new(0);

    public IEnumerable<Activity> Spans => _spans;

    public void AddTo(WebApplicationBuilder builder) =>
        builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddProcessor(this));

    public override void OnEnd(Activity data)
    {
        _spans.Enqueue(data);
        _ended.Release();
    }

    /// <summary>Waits for the span of a trace: a client may have its answer before the server has ended the span.</summary>
    public async Task<Activity> WaitAsync(string traceId, ActivityKind kind = ActivityKind.Server)
    {
        while (true)
        {
            if (_spans.FirstOrDefault(span => span.Kind == kind && span.TraceId.ToHexString() == traceId) is { } span)
            {
                return span;
            }

            Assert.True(await _ended.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken), $"no {kind} span of {traceId}");
        }
    }

    protected override void Dispose(bool disposing)
    {
        _ended.Dispose();
        base.Dispose(disposing);
    }
}
