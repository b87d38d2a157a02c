using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RankMyBrand.Tests.ServiceDefaults;

[Collection(MeasuredAlone.Name)]
public sealed class OtlpTests
{
    [Fact]
    public async Task Telemetry_EndpointConfigured_ArrivesAsTracesMetricsAndLogs()
    {
        await using var collector = await Collector.StartAsync();
        await using (var service = await ServiceUnderTest.StartAsync(
            app => app.MapGet("/traced/{id}", (string id, ILogger<OtlpTests> logger) => logger.LogWarning("met {Id}", id)),
            settings:
            [
                ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
                ("OTEL_SERVICE_NAME", "exported-service"),
            ]))
        {
            service.Client.DefaultRequestHeaders.Add("X-Correlation-ID", "exported-correlation");
            await service.Client.GetAsync(new Uri("/traced/1", UriKind.Relative), TestContext.Current.CancellationToken);
            await service.App.StopAsync(TestContext.Current.CancellationToken);
        }

        // Disposing the service has flushed everything.
        Assert.Contains("GET /traced/{id}", collector.Received("/v1/traces"), StringComparison.Ordinal);
        Assert.Contains("http.server.request.duration", collector.Received("/v1/metrics"), StringComparison.Ordinal);
        Assert.Contains("met 1", collector.Received("/v1/logs"), StringComparison.Ordinal);
        Assert.Contains("exported-correlation", collector.Received("/v1/logs"), StringComparison.Ordinal);
        foreach (var signal in (string[])["traces", "metrics", "logs"])
        {
            Assert.Contains("exported-service", collector.Received($"/v1/{signal}"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Stop_CollectorThatAnswersNothing_AsksItForAllSignalsAtOnce()
    {
        using var atOnce = new CountdownEvent(3);
        var all = new TaskCompletionSource();
        await using var collector = await Collector.StartAsync(async gone =>
        {
            if (atOnce.Signal())
                all.SetResult();
            try
            {
                await all.Task.WaitAsync(gone);
            }
            finally
            {
                atOnce.TryAddCount();
            }
        });
        await using var service = await ServiceUnderTest.StartAsync(
            app => app.MapGet("/traced", (ILogger<OtlpTests> logger) => logger.LogWarning("met")),
            settings:
            [
                ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
                // Nothing is exported before the end.
                ("OTEL_BSP_SCHEDULE_DELAY", "600000"), ("OTEL_BLRP_SCHEDULE_DELAY", "600000"), ("OTEL_METRIC_EXPORT_INTERVAL", "600000"),
            ]);
        await service.Client.GetAsync(new Uri("/traced", UriKind.Relative), TestContext.Current.CancellationToken);

        await service.App.StopAsync(TestContext.Current.CancellationToken);

        Assert.True(all.Task.IsCompleted, "The collector never had the requests of all signals at the same time.");
        Assert.All((string[])["traces", "metrics", "logs"], signal => Assert.NotEmpty(collector.Received($"/v1/{signal}")));
    }

    [Theory]
    [InlineData("collector")]
    [InlineData("collector:4317")]
    [InlineData("tcp://collector:4317")]
    public void Telemetry_BadEndpoint_NamesTheKeyAndWhatWasExpected(string endpoint)
    {
        var error = Assert.Throws<InvalidOperationException>(() =>
            ServiceUnderTest.Build(settings: ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)));

        Assert.Contains("'OTEL_EXPORTER_OTLP_ENDPOINT'", error.Message, StringComparison.Ordinal);
        Assert.Contains($"'{endpoint}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("http", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "GRPC")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http")]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "grcp")]
    public void Telemetry_ProtocolThatTheExporterDoesNotKnow_NamesTheKeyAndWhatWasExpected(string key, string protocol)
    {
        var error = Assert.Throws<InvalidOperationException>(() =>
            ServiceUnderTest.Build(settings: [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317"), (key, protocol)]));

        Assert.Equal($"Configuration '{key}' is '{protocol}', but must be grpc or http/protobuf.", error.Message);
    }

    /// <summary>Takes OTLP over HTTP and keeps the bytes; protobuf holds its strings as plain UTF-8.</summary>
    private sealed class Collector(WebApplication app, ConcurrentDictionary<string, string> received) : IAsyncDisposable
    {
        public string Address => app.Urls.First();

        /// <param name="hold">What happens before a request is answered, until the client gives up; null for nothing.</param>
        public static async Task<Collector> StartAsync(Func<CancellationToken, Task>? hold = null)
        {
            var received = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            app.MapPost("/v1/{signal}", async (HttpContext context) =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body, context.RequestAborted);
                var text = Encoding.UTF8.GetString(body.ToArray());
                if (hold is not null)
                    await hold(context.RequestAborted);
                received.AddOrUpdate(context.Request.Path, text, (_, before) => before + text);
                context.Response.ContentType = "application/x-protobuf";
            });
            await app.StartAsync(TestContext.Current.CancellationToken);
            return new Collector(app, received);
        }

        public string Received(string path) => received.GetValueOrDefault(path, "");

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
