using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Reads new entries for a group.</summary>
internal sealed class GroupReader(IConnectionMultiplexer redis, EventSubscription subscription) : IAsyncDisposable
{
    private readonly BlockingConnection _connection = new(redis, $"{subscription.Group}:{subscription.Consumer}");
    private readonly object[] _arguments =
    [
        "GROUP", subscription.Group, subscription.Consumer, "COUNT", subscription.Options.BatchSize,
        "BLOCK", (long)BlockingConnection.Block.TotalMilliseconds,
        "STREAMS", .. subscription.Streams.Select(stream => (object)(RedisKey)stream), .. subscription.Streams.Select(_ => (object)">"),
    ];

    /// <summary>Waits for entries; an empty list after a few seconds without any.</summary>
    /// <exception cref="RedisException">Redis is away, or a group is missing (NOGROUP).</exception>
    public Task<IReadOnlyList<(string Stream, StreamEntry[] Entries)>> ReadAsync(CancellationToken cancellationToken) =>
        _connection.ReadAsync("XREADGROUP", _arguments, cancellationToken);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
