using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

/// <summary>Adds PostgreSQL servers and databases.</summary>
public static class PostgresBuilderExtensions
{
    private const int Port = 5432;
    private const string Image = "library/postgres";
    private const string Tag = "18.3";
    private const string Registry = "docker.io";

    /// <summary>Adds a server; its password is generated once per user when none is given.</summary>
    public static IResourceBuilder<PostgresServerResource> AddPostgres(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, IResourceBuilder<ParameterResource>? userName = null,
        IResourceBuilder<ParameterResource>? password = null, int? port = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var passwordParameter = password?.Resource ??
            ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password");
        var server = new PostgresServerResource(name, userName?.Resource, passwordParameter);
        return builder.AddResource(server)
            .WithEndpoint(port: port, targetPort: Port, name: PostgresServerResource.PrimaryEndpointName)
            .WithImage(Image, Tag)
            .WithImageRegistry(Registry)
            .WithIconName("DatabaseMultiple")
            .WithEnvironment("POSTGRES_HOST_AUTH_METHOD", "scram-sha-256")
            .WithEnvironment("POSTGRES_INITDB_ARGS", "--auth-host=scram-sha-256 --auth-local=scram-sha-256")
            .WithEnvironment(context =>
            {
                context.EnvironmentVariables["POSTGRES_USER"] = server.UserNameReference;
                context.EnvironmentVariables["POSTGRES_PASSWORD"] = server.PasswordParameter;
            })
            .WithCheck(server, server.ConnectionStringExpression, "postgres")
            .OnResourceReady((_, @event, token) => DatabaseCreator.CreateAllAsync(server, @event.Services, token));
    }

    /// <summary>Adds a database, which is created when the server is ready; its name is the resource's unless given.</summary>
    public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(
        this IResourceBuilder<PostgresServerResource> builder, [ResourceName] string name, string? databaseName = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var database = new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource);
        builder.Resource.Add(database);
        return builder.ApplicationBuilder.AddResource(database)
            .WithIconName("Database")
            .WithCheck(database.Parent, database.ConnectionStringExpression, null);
    }

    /// <summary>Keeps the data in a volume; set the image first, because the path depends on its version.</summary>
    public static IResourceBuilder<PostgresServerResource> WithDataVolume(
        this IResourceBuilder<PostgresServerResource> builder, string? name = null, bool isReadOnly = false) =>
        builder.WithVolume(name ?? VolumeNameGenerator.Generate(builder, "data"), DataPath(builder.Resource), isReadOnly);

    /// <summary>Keeps the data in a folder.</summary>
    public static IResourceBuilder<PostgresServerResource> WithDataBindMount(
        this IResourceBuilder<PostgresServerResource> builder, string source, bool isReadOnly = false) =>
        builder.WithBindMount(source, DataPath(builder.Resource), isReadOnly);

    /// <summary>Sets the public port.</summary>
    public static IResourceBuilder<PostgresServerResource> WithHostPort(this IResourceBuilder<PostgresServerResource> builder, int? port) =>
        builder.WithEndpoint(PostgresServerResource.PrimaryEndpointName, endpoint => endpoint.Port = port);

    /// <summary>Sets the password.</summary>
    public static IResourceBuilder<PostgresServerResource> WithPassword(
        this IResourceBuilder<PostgresServerResource> builder, IResourceBuilder<ParameterResource> password)
    {
        builder.Resource.PasswordParameter = password.Resource;
        return builder;
    }

    /// <summary>Sets the user's name.</summary>
    public static IResourceBuilder<PostgresServerResource> WithUserName(
        this IResourceBuilder<PostgresServerResource> builder, IResourceBuilder<ParameterResource> userName)
    {
        builder.Resource.UserNameParameter = userName.Resource;
        return builder;
    }

    /// <summary>Creates the database with a script of one's own.</summary>
    public static IResourceBuilder<PostgresDatabaseResource> WithCreationScript(this IResourceBuilder<PostgresDatabaseResource> builder, string script) =>
        builder.WithAnnotation(new CreationScript(script), ResourceAnnotationMutationBehavior.Replace);

    private static IResourceBuilder<T> WithCheck<T>(
        this IResourceBuilder<T> builder, PostgresServerResource server, ReferenceExpression connectionString, string? database)
        where T : IResource
    {
        var key = $"{builder.Resource.Name}_check";
        builder.ApplicationBuilder.Services.AddHealthChecks()
            .Add(new HealthCheckRegistration(key, _ => new PostgresHealthCheck(server, connectionString, database), null, null));
        return builder.WithHealthCheck(key);
    }

    // From 18 on, the image keeps each major version's data in a subfolder.
    private static string DataPath(PostgresServerResource server)
    {
        var tag = server.Annotations.OfType<ContainerImageAnnotation>().LastOrDefault()?.Tag ?? "";
        var major = tag.Split('.', '-')[0];
        return int.TryParse(major, out var version) && version >= 18 ? "/var/lib/postgresql" : "/var/lib/postgresql/data";
    }
}
