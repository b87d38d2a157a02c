using System.Runtime.CompilerServices;
using System.Threading.Channels;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>What one listener has not taken yet, of all partitions of its stream: so many entries, and so much data, at most.</summary>
internal sealed class LiveBuffer(string stream)
{
    /// <summary>Several reads of a stream (<see cref="ReadSize.MaxBytes"/>): they come too fast for anybody to take one in between.</summary>
    private const long MaxBytes = 4 * ReadSize.MaxBytes;

    private const int Capacity = 4096;

    private readonly Channel<(int Partition, StreamEntry Entry)> _entries = Channel.CreateBounded<(int, StreamEntry)>(
        new BoundedChannelOptions(Capacity) { SingleReader = true });

    private long _bytes;

    /// <summary>Never waits: one slow listener must not hold up the others.</summary>
    public void Tell(int partition, StreamEntry entry)
    {
        var size = EventEntry.SizeOf(entry.Values);
        var waiting = Interlocked.Add(ref _bytes, size);
        // One that waits alone has not been left untaken, however large it is.
        if ((waiting > MaxBytes && waiting > size) || !_entries.Writer.TryWrite((partition, entry)))
            _entries.Writer.TryComplete(new ListenerTooSlowException(stream));
    }

    /// <summary>The entries as they come, each once.</summary>
    /// <exception cref="ListenerTooSlowException">They were taken more slowly than they came.</exception>
    public async IAsyncEnumerable<(int Partition, StreamEntry Entry)> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var told in _entries.Reader.ReadAllAsync(cancellationToken))
        {
            Interlocked.Add(ref _bytes, -EventEntry.SizeOf(told.Entry.Values));
            yield return told;
        }
    }
}
