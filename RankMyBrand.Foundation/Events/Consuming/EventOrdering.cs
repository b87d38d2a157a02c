namespace RankMyBrand.Foundation.Events;

/// <summary>Which order a group keeps, also across retries, replicas and restarts.</summary>
public enum EventOrdering
{
    /// <summary>
    /// Events are begun in about the order of the stream; one that failed is tried again later and holds up nothing. All replicas share
    /// each stream.
    /// </summary>
    None,

    /// <summary>
    /// Events with the same key are handled one after the other, in the order of the stream: those behind one that failed wait for it,
    /// those of other keys do not. Of the replicas one at a time reads a partition, so the stream needs as many partitions as replicas
    /// are to work on it.
    /// </summary>
    ByKey,

    /// <summary>
    /// All events of a partition are handled one batch after the other: those behind one that failed wait for it. Of the replicas one at
    /// a time reads a partition.
    /// </summary>
    Stream,
}
