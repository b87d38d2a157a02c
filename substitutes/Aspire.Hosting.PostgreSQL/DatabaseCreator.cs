using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Aspire.Hosting.Postgres;

/// <summary>A script that creates a database.</summary>
internal sealed record CreationScript(string Script) : IResourceAnnotation;

/// <summary>Creates the databases of a server that has become ready.</summary>
internal static class DatabaseCreator
{
    private const int TimeoutSeconds = 30;

    public static async Task CreateAllAsync(PostgresServerResource server, IServiceProvider services, CancellationToken cancellationToken)
    {
        if (server.DatabaseResources.Count == 0)
            return;

        await using var connection = new NpgsqlConnection(
            await ConnectionStrings.ForToolsAsync(server.ConnectionStringExpression, "postgres", TimeoutSeconds, cancellationToken));
        await connection.OpenAsync(cancellationToken);
        foreach (var database in server.DatabaseResources)
            await CreateAsync(connection, database, services.GetRequiredService<ResourceLoggerService>().GetLogger(server), cancellationToken);
    }

    private static async Task CreateAsync(
        NpgsqlConnection connection, PostgresDatabaseResource database, ILogger logger, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = database.TryGetLastAnnotation<CreationScript>(out var script)
            ? script.Script
            : $"CREATE DATABASE \"{database.DatabaseName.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
            logger.LogInformation("Database '{Database}' created.", database.DatabaseName);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            logger.LogDebug("Database '{Database}' exists.", database.DatabaseName);
        }
        catch (PostgresException e)
        {
            logger.LogError(e, "Database '{Database}' could not be created.", database.DatabaseName);
        }
    }
}
