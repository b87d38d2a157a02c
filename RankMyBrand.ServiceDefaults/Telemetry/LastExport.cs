using Microsoft.Extensions.Hosting;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace RankMyBrand.ServiceDefaults.Telemetry;

/// <summary>
/// Exports what is left when everything else has stopped, traces, metrics and logs at once. Left to the end of the providers, each signal
/// would wait by itself for a collector that does not answer.
/// </summary>
internal sealed class LastExport(TracerProvider traces, MeterProvider metrics, LoggerProvider logs) : IHostedLifecycleService
{
    /// <summary>What is left of an orchestrator's ten seconds after the stop, which may take eight.</summary>
    public const int PatienceMilliseconds = 2000;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.WhenAll(
        Task.Run(() => traces.Shutdown(PatienceMilliseconds), CancellationToken.None),
        Task.Run(() => metrics.Shutdown(PatienceMilliseconds), CancellationToken.None),
        Task.Run(() => logs.Shutdown(PatienceMilliseconds), CancellationToken.None));

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
