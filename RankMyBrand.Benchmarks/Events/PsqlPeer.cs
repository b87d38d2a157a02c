using System.Diagnostics;
using System.Globalization;
using System.Text;
using Npgsql;
using RankMyBrand.Benchmarks.Servers;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Benchmarks.Events;

/// <summary>
/// psql's \copy of the same rows into the same hypertable: about as fast as PostgreSQL loads them, with nothing before it.
/// </summary>
internal sealed class PsqlPeer : IDisposable
{
    private readonly string _file = Path.GetTempFileName();
    private readonly int _count;

    /// <summary>Writes the file that <see cref="LoadAsync"/> copies, outside of any measurement.</summary>
    public PsqlPeer(IReadOnlyList<byte[]> payloads, int count)
    {
        _count = count;
        using var file = new StreamWriter(_file);
        for (var i = 0; i < count; i++)
        {
            var id = UuidV7.Next();
            var metadata = $$"""{"correlationId":"{{id}}","entryId":"{{UuidV7.TimeOf(id).ToUnixTimeMilliseconds()}}-0"}""";
            var data = Encoding.UTF8.GetString(payloads[i % payloads.Count]);
            file.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"{id}\tdefault\t{EventLoad.Stream}\t{EventLoad.Type}\t{data}\t{metadata}\t{UuidV7.TimeOf(id):O}\n"));
        }
    }

    /// <summary>Loads the rows and returns how many a second.</summary>
    public async Task<double> LoadAsync(string connectionString, CancellationToken cancellationToken)
    {
        var server = new NpgsqlConnectionStringBuilder(connectionString);
        var started = Stopwatch.GetTimestamp();
        await Tool.RunAsync(
            "psql",
            [
                "-h", server.Host!, "-p", server.Port.ToString(CultureInfo.InvariantCulture), "-U", server.Username!, "-d",
                server.Database!,
                "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c",
                $"\\copy events (id, tenant_id, stream_id, event_type, event_data, metadata, created_at) FROM '{_file}'",
            ],
            cancellationToken,
            environment: new Dictionary<string, string?> { ["PGPASSWORD"] = server.Password });
        return _count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    public void Dispose() => File.Delete(_file);
}
