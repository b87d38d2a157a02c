using System.Threading.Channels;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>What one listener has not taken yet, of all partitions of its stream.</summary>
internal sealed class LiveBuffer(string stream)
{
    private const int Capacity = 4096;

    private readonly Channel<(int Partition, StreamEntry Entry)> _entries = Channel.CreateBounded<(int, StreamEntry)>(
        new BoundedChannelOptions(Capacity) { SingleReader = true });

    public ChannelReader<(int Partition, StreamEntry Entry)> Entries => _entries.Reader;

    /// <summary>Never waits: one slow listener must not hold up the others.</summary>
    public void Tell(int partition, StreamEntry entry)
    {
        if (!_entries.Writer.TryWrite((partition, entry)))
            _entries.Writer.TryComplete(new ListenerTooSlowException(stream));
    }
}
