using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Aspire.Hosting.Postgres;

/// <summary>Healthy when the server answers a query.</summary>
internal sealed class PostgresHealthCheck(PostgresServerResource server, ReferenceExpression connectionString, string? database)
    : IHealthCheck
{
    private const int TimeoutSeconds = 5;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var connection = new NpgsqlConnection(
                await ConnectionStrings.ForToolsAsync(connectionString, database, TimeoutSeconds, cancellationToken));
            await connection.OpenAsync(cancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT 1";
            await command.ExecuteScalarAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidPassword)
        {
            // The server takes its password when it makes its data, and waiting changes nothing.
            var variable = $"Parameters__{server.PasswordParameter.Name.Replace('-', '_')}";
            return HealthCheckResult.Unhealthy(
                $"{e.MessageText}: the data of '{server.Name}' were made with another password; set {variable} to that one, "
                + "or delete the data with '-- reset'.", e);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return HealthCheckResult.Unhealthy(e.Message, e);
        }
    }
}

/// <summary>Connection strings for the application host's own use.</summary>
internal static class ConnectionStrings
{
    /// <summary>Unpooled: an idle connection of the application host would only be in the server's way when it stops.</summary>
    public static async ValueTask<string> ForToolsAsync(
        ReferenceExpression connectionString, string? database, int timeoutSeconds, CancellationToken cancellationToken)
    {
        var resolved = new NpgsqlConnectionStringBuilder(await connectionString.GetValueAsync(cancellationToken))
        {
            Pooling = false,
            Timeout = timeoutSeconds,
            CommandTimeout = timeoutSeconds,
        };
        if (database is not null)
            resolved.Database = database;
        return resolved.ConnectionString;
    }
}
