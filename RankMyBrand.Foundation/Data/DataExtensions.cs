using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Npgsql;
using RankMyBrand.Foundation.Configuration;
using RankMyBrand.Foundation.Data;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds the platform's database to a service.</summary>
public static class DataExtensions
{
    /// <summary>Adds the <see cref="NpgsqlDataSource"/> of the platform's database, unless the service has one.</summary>
    /// <exception cref="InvalidOperationException">The connection string cannot be read.</exception>
    public static void AddDatabase(this IHostApplicationBuilder builder, string connectionName = "rankmybrand")
    {
        if (builder.Services.Any(service => service.ServiceType == typeof(NpgsqlDataSource)))
            return;
        ConnectionStrings.CheckPostgres(builder.Configuration, connectionName);
        builder.AddNpgsqlDataSource(connectionName);
    }

    /// <summary>
    /// Applies the migrations embedded in the Foundation, and in <paramref name="assemblies"/>, when the service starts; it is ready
    /// once they are applied. A service that has tables of its own does this; what it brings is added to what others have brought.
    /// </summary>
    public static void AddMigrations(this IHostApplicationBuilder builder, params Assembly[] assemblies)
    {
        foreach (var assembly in assemblies.Prepend(typeof(Migration).Assembly))
            builder.Services.AddSingleton(new MigrationSource(assembly));
        if (builder.Services.Any(service => service.ServiceType == typeof(MigrationService)))
            return;
        builder.AddDatabase();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(services => new Migrator(
            services.GetRequiredService<NpgsqlDataSource>(),
            Migration.FromAssemblies(services.GetServices<MigrationSource>().Select(source => source.Assembly).Distinct()),
            services.GetRequiredService<ILogger<Migrator>>()));
        builder.Services.AddSingleton<MigrationService>();
        builder.Services.AddHostedService(services => services.GetRequiredService<MigrationService>());
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            "migrations", services => services.GetRequiredService<MigrationService>(), HealthStatus.Unhealthy, tags: null));
    }

    private sealed record MigrationSource(Assembly Assembly);
}
