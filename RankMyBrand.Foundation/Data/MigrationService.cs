using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace RankMyBrand.Foundation.Data;

/// <summary>Migrates when the service starts, waiting for the database if it must; the service is ready once the schema is.</summary>
internal sealed partial class MigrationService(Migrator migrator, TimeProvider time, ILogger<MigrationService> logger)
    : BackgroundService, IHealthCheck
{
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(1);

    private volatile bool _done;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_done ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The schema is not migrated yet."));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!_done)
        {
            try
            {
                await migrator.MigrateAsync(stoppingToken);
                _done = true;
            }
            catch (NpgsqlException e) when (!stoppingToken.IsCancellationRequested)
            {
                LogWaiting(logger, e.Message);
                await Task.Delay(s_retryAfter, time, stoppingToken);
            }
        }
    }

    [LoggerMessage(202, LogLevel.Warning, "The database cannot be migrated yet: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string reason);
}
