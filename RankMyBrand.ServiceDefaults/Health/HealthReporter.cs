using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace RankMyBrand.ServiceDefaults.Health;

/// <summary>Runs the checks once for all who ask at about the same time: a storm of probes must not become a storm of queries.</summary>
internal sealed class HealthReporter(HealthCheckService checks, IOptions<HealthOptions> options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private Task<HealthReport>? _report;
    private long _startedAt;

    public Task<HealthReport> ReportAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_report is null or { IsFaulted: true } or { IsCanceled: true }
                || (_report.IsCompleted && time.GetElapsedTime(_startedAt) >= options.Value.KeepFor))
            {
                _startedAt = time.GetTimestamp();
                // Shared, so no single probe's token may end it; every check ends by its own timeout.
                _report = checks.CheckHealthAsync(CancellationToken.None);
            }

            return _report.WaitAsync(cancellationToken);
        }
    }
}
