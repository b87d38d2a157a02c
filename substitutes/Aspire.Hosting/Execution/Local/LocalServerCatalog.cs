namespace Aspire.Hosting.Execution;

/// <summary>What stands in for an image.</summary>
/// <param name="Entrypoint">The script that keeps the contract of the image's entry point.</param>
/// <param name="StopSignal">The image's stop signal.</param>
/// <param name="Port">The port on which the image serves.</param>
/// <param name="DataDirectory">Where the image keeps its data: a directory of the instance unless a volume is mounted there.</param>
internal sealed record LocalServer(string Entrypoint, string StopSignal, int Port, string DataDirectory)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}

/// <summary>The images that local servers can stand in for.</summary>
internal static class LocalServerCatalog
{
    public const string KnownImages =
        "timescale/timescaledb, timescale/timescaledb-ha, postgres, pgvector/pgvector, redis, valkey/valkey, chromadb/chroma, minio/minio";

    private const string PostgresEntrypoint = "/opt/aspire-local/entrypoint/postgres";
    private const string PostgresData = "/var/lib/postgresql/data";

    /// <exception cref="DistributedApplicationException">No local server stands in for the image.</exception>
    public static LocalServer Find(string image) => ImageName.Parse(image) switch
    {
        { Repository: "timescale/timescaledb" } => Timescale(PostgresData),
        { Repository: "timescale/timescaledb-ha" } => Timescale("/home/postgres/pgdata/data"),
        { Repository: "postgres" or "pgvector/pgvector" } postgres => Postgres(IsEighteenOrNewer(postgres.Tag) ? "/var/lib/postgresql" : PostgresData),
        { Repository: "redis" or "valkey" or "valkey/valkey" } => new("/opt/aspire-local/entrypoint/redis", "TERM", 6379, "/data"),
        // Its server ends at SIGINT; at SIGTERM it spins.
        { Repository: "chromadb/chroma" } => new("/opt/aspire-local/entrypoint/chroma", "INT", 8000, "/data"),
        { Repository: "minio/minio" } => new("/opt/aspire-local/entrypoint/minio", "TERM", 9000, "/data"),
        _ => throw new DistributedApplicationException(
            $"No local server stands in for the container image '{image}' (known: {KnownImages}); start docker or podman to run it as a container."),
    };

    private static LocalServer Timescale(string data)
    {
        LocalServer postgres = Postgres(data);
        return postgres with { Environment = new Dictionary<string, string>(postgres.Environment) { ["ASPIRE_LOCAL_PRELOAD"] = "timescaledb" } };
    }

    // From 18 on the image's volume is the parent directory, and the data is in a directory named after the version.
    private static LocalServer Postgres(string data) => new(PostgresEntrypoint, "INT", 5432, data)
    {
        Environment = new Dictionary<string, string> { ["PGDATA"] = data == "/var/lib/postgresql" ? $"{data}/17/docker" : data },
    };

    private static bool IsEighteenOrNewer(string tag) =>
        tag == "latest" || (int.TryParse(string.Concat(tag.TakeWhile(char.IsAsciiDigit)), out int major) && major >= 18);
}
