using System.Collections.Concurrent;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>An event as it passes by.</summary>
/// <param name="EntryId">Its place in the stream, to resume after.</param>
/// <param name="Event">The event.</param>
public sealed record LiveEvent(string EntryId, StreamEvent Event);

/// <summary>What a listener wants to hear.</summary>
/// <param name="Stream">The stream.</param>
public sealed record LiveTopic(string Stream)
{
    /// <summary>The place after which to begin, the <see cref="LiveEvent.EntryId"/> of the last event heard; null for now.</summary>
    public string? After { get; init; }

    /// <summary>The tenant whose events are heard; null for the default tenant.</summary>
    public string? Tenant { get; init; }

    /// <summary>The only type of event that is heard; null for all.</summary>
    public string? Type { get; init; }

    internal bool Covers(StreamEvent @event) => @event.Tenant == Tenant && (Type is null || @event.Type == Type);
}

/// <summary>Lets any number of listeners follow streams, with one reading connection for each stream that has listeners.</summary>
public sealed class LiveEvents(IConnectionMultiplexer redis, TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, StreamTail> _tails = new(StringComparer.Ordinal);

    /// <summary>Begins to listen: what is published after this has returned will be heard.</summary>
    /// <exception cref="FormatException"><see cref="LiveTopic.After"/> is not a place in a stream.</exception>
    /// <exception cref="RedisException">Redis is away.</exception>
    public async Task<LiveListener> ListenAsync(LiveTopic topic, CancellationToken cancellationToken)
    {
        var after = topic.After is null ? default(EntryId?) : EntryId.Parse(topic.After);
        var tail = _tails.GetOrAdd(topic.Stream, static (name, self) => new StreamTail(self.Redis, name, self.Time), (Redis: redis, Time: time));
        return new LiveListener(redis, topic, after, await tail.ListenAsync(cancellationToken));
    }

    /// <summary>True for the id of a stream entry, which a listener can resume after.</summary>
    public static bool IsEntryId(string text) => EntryId.TryParse(text, out _);

    /// <summary>Ends all reading.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var tail in _tails.Values)
            await tail.DisposeAsync();
    }
}
