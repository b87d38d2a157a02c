using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
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

    internal bool Covers(StreamEvent @event) =>
        (@event.Tenant ?? EventStore.DefaultTenant) == (Tenant ?? EventStore.DefaultTenant) && (Type is null || @event.Type == Type);
}

/// <summary>Lets any number of listeners follow streams, with one reading connection for each partition that has listeners.</summary>
public sealed class LiveEvents(
    IConnectionMultiplexer redis, IOptions<EventsOptions> options, TimeProvider time, ILogger<LiveEvents> logger) : IAsyncDisposable
{
    private readonly StreamPast _past = new(redis);
    private readonly ConcurrentDictionary<string, IReadOnlyList<StreamTail>> _tails = new(StringComparer.Ordinal);

    /// <summary>Begins to listen: what is published after this has returned will be heard.</summary>
    /// <exception cref="FormatException"><see cref="LiveTopic.After"/> is not a place in the stream; see <see cref="IsPlace"/>.</exception>
    /// <exception cref="RedisException">Redis is away.</exception>
    public async Task<LiveListener> ListenAsync(LiveTopic topic, CancellationToken cancellationToken)
    {
        var keys = options.Value.KeysOf(topic.Stream);
        var after = topic.After is null
            ? null
            : LivePlace.Parse(topic.After, keys.Count)
                ?? throw new FormatException($"'{topic.After}' is not a place in the stream '{topic.Stream}'.");
        var tails = _tails.GetOrAdd(
            topic.Stream, _ => [.. keys.Select((key, partition) => new StreamTail(redis, key, partition, keys.Count, time, logger))]);
        var buffer = new LiveBuffer(topic.Stream);
        var listener = new LiveListener(_past, topic, after, keys, buffer, () => Leave(tails, buffer));
        try
        {
            // Who joins others asks Redis nothing. That the past cannot be read is said before anything is told, not in the midst of it.
            if (after is not null)
                await redis.GetDatabase().PingAsync().WaitAsync(cancellationToken);
            listener.JoinedAt = LivePlace.At(await Task.WhenAll(tails.Select(tail => tail.AddAsync(buffer, cancellationToken))));
        }
        catch (Exception e) when (e is RedisException or TimeoutException or OperationCanceledException)
        {
            listener.Dispose();
            throw;
        }

        return listener;
    }

    /// <summary>
    /// True for a place in a stream, which a listener can resume after: the <see cref="LiveEvent.EntryId"/> of one of its events.
    /// </summary>
    public bool IsPlace(string stream, string text) => LivePlace.Parse(text, options.Value.KeysOf(stream).Count) is not null;

    /// <summary>Ends all reading.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var tail in _tails.Values.SelectMany(tails => tails))
            await tail.DisposeAsync();
        _past.Dispose();
    }

    private static void Leave(IReadOnlyList<StreamTail> tails, LiveBuffer buffer)
    {
        foreach (var tail in tails)
            tail.Remove(buffer);
    }
}
