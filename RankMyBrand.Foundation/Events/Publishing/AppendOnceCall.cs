using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>The keys and arguments of the script that appends events unless their deduplication keys have been seen.</summary>
internal sealed class AppendOnceCall
{
    private readonly PublishedStream _stream;
    private readonly string _prefix;
    private readonly List<RedisKey> _keys;
    private readonly List<RedisValue> _values;

    /// <param name="stream">The stream.</param>
    /// <param name="partition">The partition that the events go to.</param>
    /// <param name="window">How long keys are remembered.</param>
    /// <param name="touch">Writes something for an event that was seen too: a sync covers only what its connection has written.</param>
    public AppendOnceCall(PublishedStream stream, int partition, TimeSpan window, bool touch)
    {
        _stream = stream;
        // The braces put the keys into the slot of their partition.
        _prefix = $"{{{stream.KeyName(partition)}}}:once:";
        _keys = [stream.Keys[partition]];
        _values = [(long)window.TotalMilliseconds, touch];
    }

    public RedisKey[] Keys => [.. _keys];

    public RedisValue[] Values => [.. _values];

    public void Add(StreamEvent @event)
    {
        // The stream's own key stands for an event that is always appended.
        _keys.Add(_stream.DeduplicationKeyOf(@event) is { } key ? KeyOf(@event, key) : _keys[0]);
        // These are not lent from the pool: a script may be sent a second time, by its text.
        var fields = EntryFields.Rent().Write(@event);
        _values.Add(fields.Length * 2);
        foreach (var field in fields)
        {
            _values.Add(field.Name);
            _values.Add(field.Value);
        }
    }

    /// <summary>A reply is the entry's id; after the first event's id and a blank where that one was there before.</summary>
    public static PublishedEvent Read(RedisValue reply, StreamEvent @event)
    {
        var text = ((ReadOnlyMemory<byte>)reply).Span;
        var blank = text.IndexOf((byte)' ');
        return blank < 0
            ? new PublishedEvent(@event.Id, EntryId.ParseUtf8(text), isDuplicate: false)
            : new PublishedEvent(Guid.Parse(text[..blank]), EntryId.ParseUtf8(text[(blank + 1)..]), isDuplicate: true);
    }

    /// <summary>Hashing bounds the length of what a client chose, and keeps tenants apart.</summary>
    private string KeyOf(StreamEvent @event, string key)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{@event.Tenant}\n{key}"));
        return _prefix + Convert.ToHexStringLower(hash.AsSpan(0, 16));
    }
}
