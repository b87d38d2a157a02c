using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>An event as it passes by.</summary>
/// <param name="EntryId">Its place in the stream, to resume after.</param>
/// <param name="Event">The event.</param>
public sealed record LiveEvent(string EntryId, StreamEvent Event);

/// <summary>Lets any number of listeners follow streams, with one reading connection for each stream that has listeners.</summary>
public sealed class LiveEvents(IConnectionMultiplexer redis, TimeProvider time) : IAsyncDisposable
{
    private const int HistoryPage = 500;

    private readonly ConcurrentDictionary<string, StreamTail> _tails = new(StringComparer.Ordinal);

    /// <summary>
    /// Follows a stream from now on, or from just after <paramref name="lastEntryId"/>. A listener that falls too far behind is ended
    /// with <see cref="ListenerTooSlowException"/>; it can resume after the last entry it got.
    /// </summary>
    public async IAsyncEnumerable<LiveEvent> FollowAsync(
        string stream, string? lastEntryId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var tail = _tails.GetOrAdd(stream, static (name, self) => new StreamTail(self._redis, name, self._time), (_redis: redis, _time: time));
        using var listener = await tail.ListenAsync(cancellationToken);

        // Listening began before the past is read, so nothing falls between them; what both have is told once.
        var last = lastEntryId is null ? default : EntryId.Parse(lastEntryId);
        while (lastEntryId is not null)
        {
            var page = await redis.GetDatabase().StreamRangeAsync(stream, $"({last}", "+", HistoryPage);
            foreach (var entry in page)
            {
                last = EntryId.Parse(entry.Id!);
                if (TryRead(entry) is { } past)
                    yield return past;
            }

            if (page.Length < HistoryPage)
                break;
        }

        await foreach (var entry in listener.Entries.ReadAllAsync(cancellationToken))
        {
            var id = EntryId.Parse(entry.Id!);
            if (id <= last)
                continue;
            last = id;
            if (TryRead(entry) is { } live)
                yield return live;
        }
    }

    /// <summary>True for the id of a stream entry, which a listener can resume after.</summary>
    public static bool IsEntryId(string text) => EntryId.TryParse(text, out _);

    /// <summary>Ends all reading.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var tail in _tails.Values)
            await tail.DisposeAsync();
    }

    private static LiveEvent? TryRead(StreamEntry entry) =>
        EventEntry.TryRead(entry.Id!, entry.Values, out var @event, out _) ? new LiveEvent(entry.Id!, @event!) : null;
}

/// <summary>A listener took events more slowly than they came.</summary>
public sealed class ListenerTooSlowException(string stream)
    : Exception($"The listener of '{stream}' fell too far behind; it can resume after the last event it got.");
