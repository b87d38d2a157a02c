using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Hears the events of one topic, each once and each partition in its order, first those of the past that it asked for.</summary>
public sealed class LiveListener : IDisposable
{
    private readonly StreamPast _past;
    private readonly LiveTopic _topic;
    private readonly LivePlace? _after;
    private readonly IReadOnlyList<string> _keys;
    private readonly LiveBuffer _buffer;
    private readonly Action _leave;

    internal LiveListener(
        StreamPast past, LiveTopic topic, LivePlace? after, IReadOnlyList<string> keys, LiveBuffer buffer, Action leave) =>
        (_past, _topic, _after, _keys, _buffer, _leave) = (past, topic, after, keys, buffer, leave);

    /// <summary>
    /// Where it began to listen. A place that it tells of later has this for the partitions that were silent until then: whoever resumes
    /// there is not told their whole past.
    /// </summary>
    internal LivePlace? JoinedAt { get; set; }

    /// <summary>The events, until cancelled.</summary>
    /// <exception cref="ListenerTooSlowException">They were taken more slowly than they came.</exception>
    /// <exception cref="RedisException">Redis is away, and the past cannot be read.</exception>
    public async IAsyncEnumerable<LiveEvent> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Listening began before the past is read, so nothing falls between them; what both have is told once.
        var place = _after ?? JoinedAt!;
        for (var partition = 0; _after is not null && partition < _keys.Count; partition++)
        {
            StreamEntry[] page;
            do
            {
                page = await _past.ReadAsync(_keys[partition], place[partition], cancellationToken);
                foreach (var entry in page)
                {
                    if (Heard(place, partition, entry) is { } past)
                        yield return past;
                }
            }
            while (page.Length == StreamPast.Page);
        }

        await foreach (var (partition, entry) in _buffer.ReadAllAsync(cancellationToken))
        {
            if (Heard(place, partition, entry) is { } live)
                yield return live;
        }
    }

    /// <summary>Ends the listening.</summary>
    public void Dispose() => _leave();

    private LiveEvent? Heard(LivePlace place, int partition, StreamEntry entry) =>
        place.Advance(partition, EntryId.Parse(entry.Id!))
        && EventEntry.TryRead(entry.Id!, entry.Values, out var @event, out _)
        && _topic.Covers(@event!)
            ? new LiveEvent(place.ToString(), @event!)
            : null;
}
