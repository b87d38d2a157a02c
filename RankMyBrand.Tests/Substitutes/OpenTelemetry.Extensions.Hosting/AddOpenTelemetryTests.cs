using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace RankMyBrand.Tests.Substitutes.OpenTelemetryHosting;

public sealed class AddOpenTelemetryTests
{
    [Fact]
    public async Task Host_Started_HasStartedTheProvidersFirst()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        var order = new List<string>();
        builder.Services.AddHostedService(_ => new Noted(order));
        builder.Services.AddOpenTelemetry()
            .WithTracing(tracing => tracing.AddInstrumentation(() => Note("tracing")))
            .WithMetrics(metrics => metrics.AddInstrumentation(() => Note("metrics")));
        using var host = builder.Build();

        await host.StartAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["metrics", "tracing", "service"], order);

        string Note(string what)
        {
            order.Add(what);
            return what;
        }
    }

    [Fact]
    public async Task Builder_CalledTwice_GoesOnWithTheSameSdk()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("first")).WithTracing();
        builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddAttributes([new("more", "yes")]));
        using var host = builder.Build();

        await host.StartAsync(TestContext.Current.CancellationToken);

        Assert.Single(builder.Services, service => service.ServiceType == typeof(TracerProvider));
        Assert.Single(host.Services.GetServices<IHostedService>());
    }

    [Fact]
    public void Logging_Added_ReachesTheLoggers()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        var records = new List<string?>();
        builder.Services.AddOpenTelemetry().WithLogging(
            logging => logging.AddProcessor(new LogRecorder(records)), options => options.IncludeFormattedMessage = true);
        using var host = builder.Build();

        var logger = host.Services.GetRequiredService<ILogger<AddOpenTelemetryTests>>();
        logger.LogWarning("said {What}", "it");

        Assert.Equal(["said it"], records);
    }

    private sealed class LogRecorder(List<string?> records) : BaseProcessor<LogRecord>
    {
        public override void OnEnd(LogRecord data) => records.Add(data.FormattedMessage);
    }

    private sealed class Noted(List<string> order) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            order.Add("service");
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
