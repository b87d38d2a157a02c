using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RankMyBrand.ServiceDefaults.Health;

/// <summary>Ends a check in time even when it ignores its token or blocks, as a client that connects synchronously does.</summary>
internal sealed class BoundedHealthCheck(Func<IHealthCheck> check, TimeSpan timeout) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        var running = Task.Run(() => check().CheckHealthAsync(context, limit.Token), CancellationToken.None);
        try
        {
            return await running.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, $"No answer within {timeout.TotalSeconds} s.");
        }
    }
}
