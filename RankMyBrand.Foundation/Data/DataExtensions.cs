using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Npgsql;
using RankMyBrand.Foundation.Data;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds the platform's database to a service.</summary>
public static class DataExtensions
{
    /// <summary>Adds the <see cref="NpgsqlDataSource"/> of the platform's database.</summary>
    public static void AddDatabase(this IHostApplicationBuilder builder, string connectionName = "rankmybrand")
    {
        if (builder.Services.All(service => service.ServiceType != typeof(NpgsqlDataSource)))
            builder.AddNpgsqlDataSource(connectionName);
    }

    /// <summary>
    /// Applies the migrations embedded in the Foundation, and in <paramref name="assemblies"/>, when the service starts. One service of
    /// the platform does this; the others wait for it.
    /// </summary>
    public static void AddMigrations(this IHostApplicationBuilder builder, params Assembly[] assemblies)
    {
        builder.AddDatabase();
        builder.Services.TryAddSingleton(TimeProvider.System);
        IReadOnlyList<Migration> migrations = [.. assemblies.Prepend(typeof(Migration).Assembly).SelectMany(Migration.FromAssembly)];
        builder.Services.AddSingleton(services => new Migrator(
            services.GetRequiredService<NpgsqlDataSource>(), migrations, services.GetRequiredService<ILogger<Migrator>>()));
        builder.Services.AddSingleton<MigrationService>();
        builder.Services.AddHostedService(services => services.GetRequiredService<MigrationService>());
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            "migrations", services => services.GetRequiredService<MigrationService>(), HealthStatus.Unhealthy, tags: null));
    }
}
