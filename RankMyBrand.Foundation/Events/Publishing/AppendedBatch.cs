using System.Buffers;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Events of one batch that are appended to one key at once.</summary>
internal sealed class AppendedBatch(RedisKey key, IReadOnlyList<StreamEvent> events, ReadOnlyMemory<int> places) : IQueuedAppend
{
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly EntryFields[] _fields = ArrayPool<EntryFields>.Shared.Rent(places.Length);
    private readonly Task<RedisValue>[] _replies = ArrayPool<Task<RedisValue>>.Shared.Rent(places.Length);

    public int Count => places.Length;

    public long Bytes { get; } = SizeOf(events, places.Span);

    public Task Write(IDatabaseAsync redis)
    {
        try
        {
            for (var i = 0; i < places.Length; i++)
            {
                _fields[i] = EntryFields.Rent();
                _replies[i] = redis.StreamAddAsync(key, _fields[i].Write(events[places.Span[i]]));
            }

            _written.SetResult();
            return _replies[Count - 1];
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _written.SetException(e);
            return Task.CompletedTask;
        }
    }

    /// <summary>Waits for the replies and notes the results.</summary>
    /// <exception cref="RedisException">None of the events was appended, or it is not known.</exception>
    /// <exception cref="AppendFailedException">As above.</exception>
    public async Task CompleteAsync(PublishResult[] results)
    {
        await _written.Task;
        try
        {
            // They come together; whoever waits for the last does not wait often.
            await _replies[Count - 1];
        }
        catch (RedisServerException e) when (CauseOf(_replies.AsSpan(0, Count)) is { } cause && cause != e.Message)
        {
            throw new AppendFailedException(cause, RedisFailure.IsTransient(cause));
        }

        for (var i = 0; i < Count; i++)
        {
            var entryId = await _replies[i];
            results[places.Span[i]] = new PublishedEvent(
                events[places.Span[i]].Id, EntryId.ParseUtf8(((ReadOnlyMemory<byte>)entryId).Span), isDuplicate: false);
        }

        EntryFields.Return(_fields.AsSpan(0, Count));
        ArrayPool<EntryFields>.Shared.Return(_fields, clearArray: true);
        ArrayPool<Task<RedisValue>>.Shared.Return(_replies, clearArray: true);
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

    private static long SizeOf(IReadOnlyList<StreamEvent> events, ReadOnlySpan<int> places)
    {
        var bytes = 0L;
        foreach (var place in places)
            bytes += EventEntry.SizeOf(events[place]);
        return bytes;
    }
}
