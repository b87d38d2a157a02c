using System.Threading.Channels;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Reads the end of one stream while somebody listens, and hands each entry to every listener.</summary>
internal sealed class StreamTail(IConnectionMultiplexer redis, string stream, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly HashSet<Listener> _listeners = [];
    private readonly SemaphoreSlim _starting = new(1, 1);
    private CancellationTokenSource? _stop;
    private Task _reading = Task.CompletedTask;

    /// <summary>Adds a listener; it gets every entry appended after this returns.</summary>
    public async Task<Listener> ListenAsync(CancellationToken cancellationToken)
    {
        var listener = new Listener(this);
        await _starting.WaitAsync(cancellationToken);
        try
        {
            lock (_lock)
                _listeners.Add(listener);
            if (_stop is null or { IsCancellationRequested: true })
            {
                _stop = new CancellationTokenSource();
                // "$" in the loop would miss what comes between two reads, so the place is fixed once, here.
                var newest = await redis.GetDatabase().StreamRangeAsync(stream, "-", "+", 1, Order.Descending);
                _reading = ReadAsync(newest.Length == 0 ? "0-0" : newest[0].Id, _stop.Token);
            }
        }
        catch (RedisException)
        {
            listener.Dispose();
            throw;
        }
        finally
        {
            _starting.Release();
        }

        return listener;
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop is not { } stop)
            return;
        await stop.CancelAsync();
        await _reading;
        stop.Dispose();
    }

    private async Task ReadAsync(RedisValue last, CancellationToken stop)
    {
        await using var connection = new BlockingConnection(redis, stream, $"live:{stream}");
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var read = await connection.ReadAsync(
                    "XREAD", ["COUNT", 500, "BLOCK", (long)BlockingConnection.Block.TotalMilliseconds, "STREAMS", (RedisKey)stream, last], stop);
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
                listener.Tell(entry, stream);
        }
    }

    private void Leave(Listener listener)
    {
        lock (_lock)
        {
            if (_listeners.Remove(listener) && _listeners.Count == 0)
                _stop?.Cancel();
        }
    }

    /// <summary>One who listens, with a buffer of its own.</summary>
    public sealed class Listener(StreamTail tail) : IDisposable
    {
        private readonly Channel<StreamEntry> _entries = Channel.CreateBounded<StreamEntry>(
            new BoundedChannelOptions(4096) { SingleReader = true, SingleWriter = true });

        public ChannelReader<StreamEntry> Entries => _entries.Reader;

        /// <summary>Never waits: one slow listener must not hold up the others.</summary>
        public void Tell(StreamEntry entry, string stream)
        {
            if (!_entries.Writer.TryWrite(entry))
                _entries.Writer.TryComplete(new ListenerTooSlowException(stream));
        }

        public void Dispose() => tail.Leave(this);
    }
}
