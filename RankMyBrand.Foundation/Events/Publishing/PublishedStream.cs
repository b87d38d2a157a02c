using System.Text;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>A stream that this process publishes to: its keys, its settings and its gate.</summary>
internal sealed class PublishedStream : IDisposable
{
    private readonly string[] _keyNames;
    private int _turn;

    public PublishedStream(string name, EventsOptions options, IDatabase redis, TimeProvider time)
    {
        Name = name;
        Options = options.Streams.GetValueOrDefault(name) ?? new StreamOptions();
        _keyNames = [.. options.KeysOf(name)];
        Keys = [.. _keyNames.Select(key => (RedisKey)Encoding.UTF8.GetBytes(key))];
        Trimmer = new StreamTrimmer(redis, Keys, Options) { Created = options.Streams.ContainsKey(name) ? null : name };
        Gate = new StreamGate(Trimmer, Options, name, time);
    }

    public string Name { get; }

    public StreamOptions Options { get; }

    /// <summary>The key of each partition.</summary>
    public IReadOnlyList<RedisKey> Keys { get; }

    public StreamTrimmer Trimmer { get; }

    public StreamGate Gate { get; }

    /// <summary>The partition of an event. Two with one deduplication key must meet, so that key decides where there is no other.</summary>
    public int PartitionOf(StreamEvent @event)
    {
        if (_keyNames.Length == 1)
            return 0;
        return (@event.PartitionKey ?? DeduplicationKeyOf(@event)) is { } key
            ? StreamPartitions.Of(key, _keyNames.Length)
            : (int)((uint)Interlocked.Increment(ref _turn) % (uint)_keyNames.Length);
    }

    /// <summary>What makes an event's publication happen once; null when nothing does.</summary>
    public string? DeduplicationKeyOf(StreamEvent @event) =>
        @event.DeduplicationKey ?? (Options.DeduplicateById ? @event.Id.ToString() : null);

    /// <summary>True when nothing is known of an event that its publication would have to be compared with.</summary>
    public bool AppendsAlways(StreamEvent @event) => @event.DeduplicationKey is null && !Options.DeduplicateById;

    /// <summary>The name of a partition's key.</summary>
    public string KeyName(int partition) => _keyNames[partition];

    public void Dispose() => Gate.Dispose();
}
