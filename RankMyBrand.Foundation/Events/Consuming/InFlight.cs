using System.Collections.Concurrent;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>The entries that a consumer holds: read or claimed, and not settled yet.</summary>
internal sealed class InFlight
{
    private readonly ConcurrentDictionary<(string Stream, string EntryId), bool> _held = new();

    public int Count => _held.Count;

    /// <summary>False when the entry is held already.</summary>
    public bool TryAdd(string stream, string entryId) => _held.TryAdd((stream, entryId), true);

    public void Remove(string stream, string entryId) => _held.TryRemove((stream, entryId), out _);

    public IEnumerable<(string Stream, RedisValue[] EntryIds)> ByStream() =>
        _held.Keys.GroupBy(held => held.Stream, held => (RedisValue)held.EntryId, StringComparer.Ordinal).Select(group => (group.Key, group.ToArray()));
}
