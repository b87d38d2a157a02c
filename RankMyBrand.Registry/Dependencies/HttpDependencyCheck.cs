using System.Data.Common;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RankMyBrand.Registry.Dependencies;

/// <summary>Asks a server that speaks HTTP whether it is well.</summary>
internal sealed class HttpDependencyCheck(IHttpClientFactory clients, string name, Uri address) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            using var response = await clients.CreateClient(name).GetAsync(
                address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return response.IsSuccessStatusCode
                ? HealthCheckResult.Healthy()
                : new HealthCheckResult(context.Registration.FailureStatus, $"It answered with status {(int)response.StatusCode}.");
        }
        catch (HttpRequestException e)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, "It does not answer.", e);
        }
    }

    /// <summary>The address of a health path at the server of a connection string <c>Endpoint=http://host:port;…</c>.</summary>
    /// <exception cref="InvalidOperationException">The connection string is missing or has no such endpoint.</exception>
    public static Uri AddressOf(IConfiguration configuration, string name, string path) =>
        EndpointOf(configuration.GetConnectionString(name)) is { Scheme: "http" or "https" } endpoint
            ? new Uri(endpoint, path)
            : throw new InvalidOperationException(
                $"ConnectionStrings:{name} is missing or has no Endpoint; it must be like 'Endpoint=http://localhost:8000'.");

    private static Uri? EndpointOf(string? connectionString)
    {
        try
        {
            var parts = new DbConnectionStringBuilder { ConnectionString = connectionString };
            return parts.TryGetValue("Endpoint", out var value) && Uri.TryCreate(value as string, UriKind.Absolute, out var endpoint)
                ? endpoint
                : null;
        }
        catch (ArgumentException)
        {
            // It has no keys and values, such as an address alone.
            return null;
        }
    }
}
