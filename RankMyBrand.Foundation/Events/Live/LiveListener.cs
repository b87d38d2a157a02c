using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Hears the events of one topic, once and in their order, first those of the past that it asked for.</summary>
public sealed class LiveListener : IDisposable
{
    private const int HistoryPage = 500;

    private readonly IConnectionMultiplexer _redis;
    private readonly LiveTopic _topic;
    private readonly EntryId? _after;
    private readonly StreamTail.Listener _tail;

    internal LiveListener(IConnectionMultiplexer redis, LiveTopic topic, EntryId? after, StreamTail.Listener tail) =>
        (_redis, _topic, _after, _tail) = (redis, topic, after, tail);

    /// <summary>The events, until cancelled.</summary>
    /// <exception cref="ListenerTooSlowException">They were taken more slowly than they came.</exception>
    /// <exception cref="RedisException">Redis is away, and the past cannot be read.</exception>
    public async IAsyncEnumerable<LiveEvent> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Listening began before the past is read, so nothing falls between them; what both have is told once.
        var last = _after ?? default;
        for (var more = _after is not null; more;)
        {
            var page = await _redis.GetDatabase().StreamRangeAsync(_topic.Stream, $"({last}", "+", HistoryPage);
            foreach (var entry in page)
            {
                last = EntryId.Parse(entry.Id!);
                if (Heard(entry) is { } past)
                    yield return past;
            }

            more = page.Length == HistoryPage;
        }

        await foreach (var entry in _tail.Entries.ReadAllAsync(cancellationToken))
        {
            var id = EntryId.Parse(entry.Id!);
            if (id <= last)
                continue;
            last = id;
            if (Heard(entry) is { } live)
                yield return live;
        }
    }

    /// <summary>Ends the listening.</summary>
    public void Dispose() => _tail.Dispose();

    private LiveEvent? Heard(StreamEntry entry) =>
        EventEntry.TryRead(entry.Id!, entry.Values, out var @event, out _) && _topic.Covers(@event!) ? new LiveEvent(entry.Id!, @event!) : null;
}
