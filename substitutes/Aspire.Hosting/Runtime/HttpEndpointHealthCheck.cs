using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Runtime;

/// <summary>Healthy when an endpoint answers a GET with the expected status.</summary>
internal sealed class HttpEndpointHealthCheck(IHttpClientFactory clients, EndpointReference endpoint, string path, int expectedStatus) : IHealthCheck
{
    public const string ClientName = "Aspire.Hosting.HealthChecks";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!endpoint.IsAllocated)
            return HealthCheckResult.Unhealthy("The endpoint has no address yet.");

        try
        {
            var uri = new Uri(new Uri(endpoint.Url), path);
            using var client = clients.CreateClient(ClientName);
            using var response = await client.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return (int)response.StatusCode == expectedStatus
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy($"{uri} answered {(int)response.StatusCode} instead of {expectedStatus}.");
        }
        catch (HttpRequestException e)
        {
            return HealthCheckResult.Unhealthy(e.Message, e);
        }
    }
}
