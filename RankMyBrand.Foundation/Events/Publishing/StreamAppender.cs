using System.Collections.Concurrent;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Appends events of one partition: through its queue, or by a script where they are to be appended once. Both are atomic, so whatever
/// becomes of the connection, either all are in the stream, in their order and with nothing in between, or none is.
/// </summary>
internal sealed class StreamAppender(IDatabase redis, TimeSpan deduplicationWindow, AppendOnlyFileSync? sync = null)
{
    private const int MaxTogether = 1000;
    private const int MaxBytesTogether = 1024 * 1024;

    private readonly IDatabase _redis = redis;
    private readonly ConcurrentDictionary<(string Stream, int Partition), AppendQueue> _queues = new();

    /// <summary>How many of the events are appended together: so many that a sync of the server is shared, so few that it is not held up.</summary>
    public static int CountTogether(IReadOnlyList<StreamEvent> events, ReadOnlySpan<int> places)
    {
        var bytes = 0L;
        for (var i = 0; i < places.Length; i++)
        {
            bytes += EventEntry.SizeOf(events[places[i]]);
            if (i == MaxTogether || (i > 0 && bytes > MaxBytesTogether))
                return i;
        }

        return places.Length;
    }

    /// <summary>The queue of a partition.</summary>
    public AppendQueue QueueOf(PublishedStream stream, int partition) =>
        _queues.GetOrAdd((stream.Name, partition), static (_, appender) => new AppendQueue(appender._redis), this);

    /// <summary>Appends events and notes their results.</summary>
    /// <exception cref="RedisException">None of them was appended, or it is not known.</exception>
    /// <exception cref="AppendFailedException">As above.</exception>
    public async Task AppendAsync(
        PublishedStream stream, int partition, IReadOnlyList<StreamEvent> events, ReadOnlyMemory<int> places, PublishResult[] results)
    {
        var epoch = sync?.Epoch;
        if (!AllAppendAlways(stream, events, places.Span))
            await AppendOnceAsync(stream, partition, events, places, results);
        else
            await AppendTogetherAsync(stream, partition, events, places, results);
        if (sync is not null)
            await sync.WaitAsync(epoch!.Value);
    }

    private static bool AllAppendAlways(PublishedStream stream, IReadOnlyList<StreamEvent> events, ReadOnlySpan<int> places)
    {
        foreach (var place in places)
        {
            if (!stream.AppendsAlways(events[place]))
                return false;
        }

        return true;
    }

    private Task AppendTogetherAsync(
        PublishedStream stream, int partition, IReadOnlyList<StreamEvent> events, ReadOnlyMemory<int> places, PublishResult[] results)
    {
        var batch = new AppendedBatch(stream.Keys[partition], events, places);
        QueueOf(stream, partition).Add(batch);
        return batch.CompleteAsync(results);
    }

    private async Task AppendOnceAsync(
        PublishedStream stream, int partition, IReadOnlyList<StreamEvent> events, ReadOnlyMemory<int> places, PublishResult[] results)
    {
        var call = new AppendOnceCall(stream, partition, deduplicationWindow, touch: sync is not null);
        foreach (var place in places.Span)
            call.Add(events[place]);
        var replies = (RedisValue[])(await _redis.ScriptEvaluateAsync(Script.PublishOnce, call.Keys, call.Values))!;
        for (var i = 0; i < replies.Length; i++)
            results[places.Span[i]] = AppendOnceCall.Read(replies[i], events[places.Span[i]]);
    }
}
