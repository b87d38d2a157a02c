using System.Buffers;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Appends events of one partition: one by XADD, several in one transaction, and those that are to be appended once by a script. All
/// three are atomic, so whatever becomes of the connection, either all are in the stream, in their order and with nothing in between,
/// or none is.
/// </summary>
internal sealed class StreamAppender(IDatabase redis, TimeSpan deduplicationWindow, AppendOnlyFileSync? sync = null)
{
    private const int MaxTogether = 1000;
    private const int MaxBytesTogether = 1024 * 1024;

    /// <summary>How many of the events are appended together: so many that a sync of the server is shared, so few that it is not held up.</summary>
    public static int CountTogether(IReadOnlyList<StreamEvent> events, ReadOnlySpan<int> places)
    {
        var bytes = 0L;
        for (var i = 0; i < places.Length; i++)
        {
            bytes += events[places[i]].Data.Length;
            if (i == MaxTogether || (i > 0 && bytes > MaxBytesTogether))
                return i;
        }

        return places.Length;
    }

    /// <summary>Appends events and notes their results.</summary>
    /// <exception cref="RedisException">None of them was appended, or it is not known.</exception>
    /// <exception cref="AppendFailedException">As above.</exception>
    public async Task AppendAsync(
        PublishedStream stream, int partition, IReadOnlyList<StreamEvent> events, ReadOnlyMemory<int> places, PublishResult[] results)
    {
        var epoch = sync?.Epoch;
        if (!AllAppendAlways(stream, events, places.Span))
            await AppendOnceAsync(stream, partition, events, places, results);
        else if (places.Length == 1)
            results[places.Span[0]] = await AppendOneAsync(stream.Keys[partition], events[places.Span[0]]);
        else
            await AppendTogetherAsync(stream.Keys[partition], events, places, results);
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

    private async Task<PublishedEvent> AppendOneAsync(RedisKey key, StreamEvent @event)
    {
        var fields = EntryFields.Rent();
        var entryId = await redis.StreamAddAsync(key, fields.Write(@event));
        EntryFields.Return(fields);
        return new PublishedEvent(@event.Id, EntryId.ParseUtf8(((ReadOnlyMemory<byte>)entryId).Span), isDuplicate: false);
    }

    private async Task AppendTogetherAsync(
        RedisKey key, IReadOnlyList<StreamEvent> events, ReadOnlyMemory<int> places, PublishResult[] results)
    {
        var count = places.Length;
        var fields = ArrayPool<EntryFields>.Shared.Rent(count);
        var replies = ArrayPool<Task<RedisValue>>.Shared.Rent(count);
        var transaction = redis.CreateTransaction();
        for (var i = 0; i < count; i++)
        {
            fields[i] = EntryFields.Rent();
            replies[i] = transaction.StreamAddAsync(key, fields[i].Write(events[places.Span[i]]));
        }

        try
        {
            await transaction.ExecuteAsync();
        }
        catch (RedisServerException e) when (CauseOf(replies.AsSpan(0, count)) is { } cause && cause != e.Message)
        {
            throw new AppendFailedException(cause, RedisFailure.IsTransient(cause));
        }

        for (var i = 0; i < count; i++)
        {
            var entryId = await replies[i];
            results[places.Span[i]] = new PublishedEvent(
                events[places.Span[i]].Id, EntryId.ParseUtf8(((ReadOnlyMemory<byte>)entryId).Span), isDuplicate: false);
        }

        EntryFields.Return(fields.AsSpan(0, count));
        ArrayPool<EntryFields>.Shared.Return(fields, clearArray: true);
        ArrayPool<Task<RedisValue>>.Shared.Return(replies, clearArray: true);
    }

    /// <summary>EXEC says only that a command before it was refused; that command knows why.</summary>
    private static string? CauseOf(ReadOnlySpan<Task<RedisValue>> replies)
    {
        string? cause = null;
        foreach (var reply in replies)
        {
            // Reading the exception also marks it as seen.
            if (reply.Exception?.InnerException is RedisServerException e
                && (cause is null || cause.StartsWith("EXECABORT", StringComparison.Ordinal)))
                cause = e.Message;
        }

        return cause;
    }

    private async Task AppendOnceAsync(
        PublishedStream stream, int partition, IReadOnlyList<StreamEvent> events, ReadOnlyMemory<int> places, PublishResult[] results)
    {
        var call = new AppendOnceCall(stream, partition, deduplicationWindow, touch: sync is not null);
        foreach (var place in places.Span)
            call.Add(events[place]);
        var replies = (RedisValue[])(await redis.ScriptEvaluateAsync(Script.PublishOnce, call.Keys, call.Values))!;
        for (var i = 0; i < replies.Length; i++)
            results[places.Span[i]] = AppendOnceCall.Read(replies[i], events[places.Span[i]]);
    }
}
