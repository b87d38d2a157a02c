using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Gateway.Documents;

/// <summary>
/// The OpenAPI document of the whole public API, merged from the services' own. A service that is away stays in it as it was last seen.
/// </summary>
internal sealed partial class ApiDocument(
    HttpClient http, IOptions<ApiDocumentOptions> options, TimeProvider time, ILogger<ApiDocument> logger) : IDisposable
{
    private readonly Dictionary<string, JsonObject> _lastSeen = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _merging = new(1, 1);
    private byte[]? _document;
    private long _mergedAt;

    /// <summary>The document, UTF-8 JSON.</summary>
    public async Task<byte[]> GetAsync(CancellationToken cancellationToken)
    {
        await _merging.WaitAsync(cancellationToken);
        try
        {
            if (_document is null || time.GetElapsedTime(_mergedAt) >= options.Value.MaxAge)
            {
                await Task.WhenAll(options.Value.Sources.Select(source => LookAsync(source.Key, source.Value, cancellationToken)));
                lock (_lastSeen)
                    _document = ApiDocumentMerge.Of(
                        _lastSeen.OrderBy(seen => seen.Key, StringComparer.Ordinal).Select(seen => (seen.Key, seen.Value)));
                _mergedAt = time.GetTimestamp();
            }

            return _document;
        }
        finally
        {
            _merging.Release();
        }
    }

    public void Dispose() => _merging.Dispose();

    private async Task LookAsync(string service, Uri address, CancellationToken cancellationToken)
    {
        try
        {
            await using var body = await http.GetStreamAsync(address, cancellationToken);
            if (await JsonNode.ParseAsync(body, cancellationToken: cancellationToken) is JsonObject document)
            {
                lock (_lastSeen)
                    _lastSeen[service] = document;
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogAway(logger, service, address, e.Message);
        }
    }

    [LoggerMessage(1400, LogLevel.Warning, "The API document of {Service} cannot be read at {Address}, so it stays as it was: {Reason}")]
    private static partial void LogAway(ILogger logger, string service, Uri address, string reason);
}
