using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Reads the end of one partition of a stream while somebody listens, and hands each entry to every listener.</summary>
internal sealed partial class StreamTail(
    IConnectionMultiplexer redis, string key, int partition, int partitions, TimeProvider time, ILogger logger)
    : IAsyncDisposable
{
    private const int MaxCount = 500;
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly HashSet<LiveBuffer> _listeners = [];
    private readonly SemaphoreSlim _starting = new(1, 1);
    private EntryId _last;
    private CancellationTokenSource? _stop;
    private Task _reading = Task.CompletedTask;

    /// <summary>Adds a listener and returns the entry that it joins after: it gets every one appended since.</summary>
    /// <exception cref="RedisException">Redis is away.</exception>
    public async Task<EntryId> AddAsync(LiveBuffer listener, CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (TryJoin(listener) is { } joined)
                return joined;

            // What the last reading had on its way is not for a listener that comes later.
            await _reading;
            // "$" in the loop would miss what comes between two reads, so the place is fixed once, here.
            var newest = await redis.GetDatabase().StreamRangeAsync(key, "-", "+", 1, Order.Descending);
            lock (_lock)
            {
                _stop?.Dispose();
                _stop = new CancellationTokenSource();
                _listeners.Add(listener);
                _last = newest.Length == 0 ? default : EntryId.Parse(newest[0].Id!);
            }

            var start = _last;
            _reading = ReadAsync(start, _stop.Token);
            return start;
        }
        finally
        {
            _starting.Release();
        }
    }

    public void Remove(LiveBuffer listener)
    {
        lock (_lock)
        {
            if (_listeners.Remove(listener) && _listeners.Count == 0)
                _stop?.Cancel();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop is not { } stop)
            return;
        await stop.CancelAsync();
        await _reading;
        stop.Dispose();
        _starting.Dispose();
    }

    /// <summary>Adds a listener to a reading that goes on.</summary>
    private EntryId? TryJoin(LiveBuffer listener)
    {
        lock (_lock)
            return _listeners.Count > 0 && _listeners.Add(listener) ? _last : null;
    }

    private async Task ReadAsync(EntryId start, CancellationToken stop)
    {
        RedisValue last = start.ToString();
        var isAway = false;
        var size = new ReadSize(MaxCount, partitions);
        await using var connection = new BlockingConnection(redis, key, $"live:{key}");
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var read = await connection.ReadAsync(
                    "XREAD", ["COUNT", size.Count, "BLOCK", (long)BlockingConnection.Block.TotalMilliseconds, "STREAMS", (RedisKey)key, last],
                    stop);
                foreach (var (_, entries) in read)
                {
                    size.Learn(entries);
                    last = entries[^1].Id;
                    Array.ForEach(entries, Tell);
                }

                isAway = false;
            }
            // Whatever it is, such as a failover that ends a waiting read: listeners that nobody reads for would hear nothing for ever.
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                if (!isAway)
                    LogAway(logger, key, e.Message);
                isAway = true;
                // What has come meanwhile may be larger than what came before.
                size = new ReadSize(MaxCount, partitions);
                await Task.Delay(s_retryAfter, time, CancellationToken.None);
            }
        }
    }

    private void Tell(StreamEntry entry)
    {
        lock (_lock)
        {
            _last = EntryId.Parse(entry.Id!);
            foreach (var listener in _listeners)
                listener.Tell(partition, entry);
        }
    }

    [LoggerMessage(
        170, LogLevel.Warning, "Nobody who follows {Key} hears anything now, because it cannot be read ({Reason}); it is tried again")]
    private static partial void LogAway(ILogger logger, string key, string reason);
}
