namespace Aspire.Hosting;

/// <summary>Adds Chroma to an application.</summary>
public static class ChromaBuilderExtensions
{
    private const int Port = 8000;

    /// <summary>Adds a Chroma server (https://www.trychroma.com) as a container.</summary>
    public static IResourceBuilder<ChromaResource> AddChroma(this IDistributedApplicationBuilder builder, string name, int? port = null) =>
        builder.AddResource(new ChromaResource(name))
            .WithImage("chromadb/chroma", "1.3.5")
            .WithHttpEndpoint(port, Port, ChromaResource.EndpointName)
            .WithEnvironment("ANONYMIZED_TELEMETRY", "False")
            .WithHttpHealthCheck("/api/v2/heartbeat");

    /// <summary>Keeps the vectors in a named volume.</summary>
    public static IResourceBuilder<ChromaResource> WithDataVolume(this IResourceBuilder<ChromaResource> builder, string? name = null) =>
        builder.WithVolume(name ?? VolumeNameGenerator.Generate(builder, "data"), "/data");
}
