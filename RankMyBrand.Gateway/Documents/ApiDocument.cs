using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Gateway.Documents;

/// <summary>
/// The OpenAPI document of the whole public API, merged from the services' own. A service that is away, or slow, stays in it as it was last
/// seen. When the document has aged, one caller waits for the next one; the others get the last meanwhile.
/// </summary>
internal sealed partial class ApiDocument(
    HttpClient http, IOptions<ApiDocumentOptions> options, TimeProvider time, ILogger<ApiDocument> logger) : IDisposable
{
    private readonly Dictionary<string, JsonObject> _lastSeen = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private Task<byte[]>? _merging;
    private byte[]? _document;
    private long _mergedAt;

    /// <summary>The document, UTF-8 JSON.</summary>
    public Task<byte[]> GetAsync(CancellationToken cancellationToken)
    {
        Task<byte[]> merging;
        lock (_gate)
        {
            var isMerging = _merging is { IsCompleted: false };
            if (_document is not null && (isMerging || time.GetElapsedTime(_mergedAt) < options.Value.MaxAge))
                return Task.FromResult(_document);
            // Not with the caller's token: others may come to wait for it, too.
            var stopping = _stopping.Token;
            merging = _merging = isMerging ? _merging! : Task.Run(() => MergeAsync(stopping), stopping);
        }

        return merging.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private async Task<byte[]> MergeAsync(CancellationToken stopping)
    {
        await Task.WhenAll(options.Value.Sources.Select(source => LookAsync(source.Key, source.Value, stopping)));
        var document = ApiDocumentMerge.Of(
            _lastSeen.OrderBy(seen => seen.Key, StringComparer.Ordinal).Select(seen => (seen.Key, seen.Value)));
        lock (_gate)
            (_document, _mergedAt) = (document, time.GetTimestamp());
        return document;
    }

    private async Task LookAsync(string service, Uri address, CancellationToken stopping)
    {
        var limit = options.Value.SourceTimeout;
        using var late = new CancellationTokenSource(limit, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stopping, late.Token);
        try
        {
            await using var body = await http.GetStreamAsync(address, end.Token);
            if (await JsonNode.ParseAsync(body, cancellationToken: end.Token) is JsonObject document)
            {
                // One that cannot be merged, such as with a member twice, must not cost the others theirs.
                ApiDocumentMerge.Of([(service, document)]);
                lock (_lastSeen)
                    _lastSeen[service] = document;
            }
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            LogAway(logger, service, address, late.IsCancellationRequested ? $"it has not come within {limit}" : e.Message);
        }
    }

    [LoggerMessage(1400, LogLevel.Warning, "The API document of {Service} cannot be read at {Address}, so it stays as it was: {Reason}")]
    private static partial void LogAway(ILogger logger, string service, Uri address, string reason);
}
