namespace Aspire.Hosting;

/// <summary>Adds MinIO to an application.</summary>
public static class MinioBuilderExtensions
{
    private const int Port = 9000;

    /// <summary>Adds a MinIO server (https://min.io) as a container, with a generated root user unless one is given.</summary>
    public static IResourceBuilder<MinioResource> AddMinio(
        this IDistributedApplicationBuilder builder,
        string name,
        IResourceBuilder<ParameterResource>? userName = null,
        IResourceBuilder<ParameterResource>? password = null,
        int? port = null)
    {
        var user = userName?.Resource
            ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-user", special: false);
        var secret = password?.Resource
            ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password", special: false);
        return builder.AddResource(new MinioResource(name, user, secret))
            .WithImage("minio/minio", "RELEASE.2025-09-07T16-13-09Z")
            .WithHttpEndpoint(port, Port, MinioResource.EndpointName)
            .WithEnvironment(context =>
            {
                context.EnvironmentVariables["MINIO_ROOT_USER"] = user;
                context.EnvironmentVariables["MINIO_ROOT_PASSWORD"] = secret;
            })
            .WithArgs("server", "/data")
            .WithHttpHealthCheck("/minio/health/live");
    }

    /// <summary>Keeps the objects in a named volume.</summary>
    public static IResourceBuilder<MinioResource> WithDataVolume(this IResourceBuilder<MinioResource> builder, string? name = null) =>
        builder.WithVolume(name ?? VolumeNameGenerator.Generate(builder, "data"), "/data");
}
