using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace Aspire.StackExchange.Redis;

/// <summary>Healthy when every configured server answers a PING, or reports that its cluster is well.</summary>
internal sealed class RedisHealthCheck(Func<IConnectionMultiplexer> connection) : IHealthCheck
{
    private const string ClusterIsWell = "cluster_state:ok";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var multiplexer = connection();
            foreach (var endPoint in multiplexer.GetEndPoints(configuredOnly: true))
            {
                var server = multiplexer.GetServer(endPoint);
                if (server.ServerType != ServerType.Cluster)
                {
                    await multiplexer.GetDatabase().PingAsync().WaitAsync(cancellationToken);
                    await server.PingAsync().WaitAsync(cancellationToken);
                }
                else if (await DescribeClusterFaultAsync(server, cancellationToken) is { } fault)
                {
                    return new HealthCheckResult(context.Registration.FailureStatus, fault);
                }
            }

            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, e.Message, e);
        }
    }

    private static async Task<string?> DescribeClusterFaultAsync(IServer server, CancellationToken cancellationToken)
    {
        var info = await server.ExecuteAsync("CLUSTER", "INFO").WaitAsync(cancellationToken);
        return info.IsNull || info.ToString()?.Contains(ClusterIsWell, StringComparison.OrdinalIgnoreCase) != true
            ? $"INFO CLUSTER is not on OK state for endpoint {server.EndPoint}"
            : null;
    }
}
