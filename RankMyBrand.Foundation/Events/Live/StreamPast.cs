using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Reads the past of streams, one page at a time for all who ask. An event may have a MiB, and Redis closes a connection that also hears
/// messages when more than 32 MB wait on it to be sent (client-output-buffer-limit pubsub), and with it all that others have asked there.
/// </summary>
internal sealed class StreamPast(IConnectionMultiplexer redis) : IDisposable
{
    /// <summary>How many entries a page has; the last one has fewer.</summary>
    public const int Page = 16;

    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>The next entries after a place, in their order.</summary>
    /// <exception cref="RedisException">Redis is away.</exception>
    public async Task<StreamEntry[]> ReadAsync(string key, EntryId after, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        // The turn ends with the answer, not with the wait: an answer that nobody waits for is still on its way.
        return await ReadInTurnAsync(key, after).WaitAsync(cancellationToken);
    }

    public void Dispose() => _turn.Dispose();

    private async Task<StreamEntry[]> ReadInTurnAsync(string key, EntryId after)
    {
        try
        {
            return await redis.GetDatabase().StreamRangeAsync(key, $"({after}", "+", Page);
        }
        finally
        {
            _turn.Release();
        }
    }
}
