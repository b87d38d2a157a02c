using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Reads the end of one partition of a stream while somebody listens, and hands each entry to every listener.</summary>
internal sealed class StreamTail(IConnectionMultiplexer redis, string key, int partition, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly HashSet<LiveBuffer> _listeners = [];
    private readonly SemaphoreSlim _starting = new(1, 1);
    private CancellationTokenSource? _stop;
    private Task _reading = Task.CompletedTask;

    /// <summary>Adds a listener; it gets every entry appended after this returns.</summary>
    /// <exception cref="RedisException">Redis is away.</exception>
    public async Task AddAsync(LiveBuffer listener, CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (TryJoin(listener))
                return;

            // What the last reading had on its way is not for a listener that comes later.
            await _reading;
            // "$" in the loop would miss what comes between two reads, so the place is fixed once, here.
            var newest = await redis.GetDatabase().StreamRangeAsync(key, "-", "+", 1, Order.Descending);
            lock (_lock)
            {
                _stop?.Dispose();
                _stop = new CancellationTokenSource();
                _listeners.Add(listener);
            }

            _reading = ReadAsync(newest.Length == 0 ? "0-0" : newest[0].Id, _stop.Token);
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
    private bool TryJoin(LiveBuffer listener)
    {
        lock (_lock)
            return _listeners.Count > 0 && _listeners.Add(listener);
    }

    private async Task ReadAsync(RedisValue last, CancellationToken stop)
    {
        await using var connection = new BlockingConnection(redis, key, $"live:{key}");
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var read = await connection.ReadAsync(
                    "XREAD", ["COUNT", 500, "BLOCK", (long)BlockingConnection.Block.TotalMilliseconds, "STREAMS", (RedisKey)key, last], stop);
                foreach (var entry in read.SelectMany(part => part.Entries))
                {
                    last = entry.Id;
                    Tell(entry);
                }
            }
            catch (Exception e) when (TransientFailure.Is(e))
            {
                await Task.Delay(s_retryAfter, time, CancellationToken.None);
            }
        }
    }

    private void Tell(StreamEntry entry)
    {
        lock (_lock)
        {
            foreach (var listener in _listeners)
                listener.Tell(partition, entry);
        }
    }
}
