using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// How many entries to ask for: at most a batch, and about <see cref="MaxBytes"/> of data, going by the largest entries seen of late.
/// It starts low and doubles, so that a backlog of large events is no surprise.
/// </summary>
internal sealed class ReadSize(int batchSize, int sources)
{
    public const int MaxBytes = 16 * 1024 * 1024;
    private const int First = 16;

    private long _largest;

    public int Count { get; private set; } = Math.Min(First, batchSize);

    public void Learn(ReadOnlySpan<StreamEntry> entries)
    {
        long largest = 0;
        foreach (ref readonly var entry in entries)
            largest = Math.Max(largest, EventEntry.SizeOf(entry.Values));

        // What was large once is forgotten slowly.
        _largest = Math.Max(largest, _largest - (_largest / 8));
        var affordable = (int)Math.Clamp(MaxBytes / sources / Math.Max(1, _largest), 1, batchSize);
        Count = Math.Min(affordable, Count * 2);
    }
}
