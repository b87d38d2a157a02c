namespace RankMyBrand.Foundation.Events;

/// <summary>
/// How much of a replay may wait for its group: some hundred entries and about a megabyte, however long the replay is. What others have
/// left in the replay stream must be handled before anything is added.
/// </summary>
internal sealed class SendWindow
{
    private const int MaxEntries = 250;
    private const long MaxBytes = 1024 * 1024;

    // What was sent, the newest page first.
    private readonly LinkedList<(int Entries, long Bytes)> _sent = new();

    public void Add(ReplayPage page) =>
        _sent.AddFirst((page.Entries.Count, page.Entries.Sum(entry => entry.Sum(field => field.Value.GetLongByteCount()))));

    /// <summary>True when another page may be sent while so many entries wait.</summary>
    public bool HasRoom(long waiting)
    {
        var (left, bytes) = (waiting, 0L);
        var page = _sent.First;
        for (; page is not null && left > 0; page = page.Next)
            (left, bytes) = (left - page.Value.Entries, bytes + page.Value.Bytes);
        // All before these have been handled.
        while (page is not null)
        {
            var handled = page;
            page = page.Next;
            _sent.Remove(handled);
        }

        return left <= 0 && waiting <= MaxEntries && bytes <= MaxBytes;
    }
}
