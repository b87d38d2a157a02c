using System.Buffers;

namespace RankMyBrand.Foundation.Events;

/// <summary>The events of a batch by partition, each partition in the order of the batch.</summary>
internal readonly struct PartitionedEvents : IDisposable
{
    private readonly int[] _indices;
    private readonly int[] _ends;

    /// <summary>Sorts those events that have a partition; one below zero leaves the event out.</summary>
    public PartitionedEvents(ReadOnlySpan<int> partitionOfEvent, int partitions)
    {
        _indices = ArrayPool<int>.Shared.Rent(Math.Max(1, partitionOfEvent.Length));
        _ends = ArrayPool<int>.Shared.Rent(partitions);
        Array.Clear(_ends, 0, partitions);
        foreach (var partition in partitionOfEvent)
        {
            if (partition >= 0)
                _ends[partition]++;
        }

        for (var (partition, start) = (0, 0); partition < partitions; partition++)
            (_ends[partition], start) = (start, start + _ends[partition]);
        for (var i = 0; i < partitionOfEvent.Length; i++)
        {
            if (partitionOfEvent[i] is var partition and >= 0)
                _indices[_ends[partition]++] = i;
        }
    }

    /// <summary>The places in the batch of a partition's events.</summary>
    public ReadOnlyMemory<int> Of(int partition)
    {
        var start = partition == 0 ? 0 : _ends[partition - 1];
        return _indices.AsMemory(start, _ends[partition] - start);
    }

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_indices);
        ArrayPool<int>.Shared.Return(_ends);
    }
}
