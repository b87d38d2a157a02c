using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Reads new entries for a group. Behind each read rides the question whether the group is paused or a source is no longer its own:
/// Redis answers it after the entries, so nothing that was published after a pause is taken for older.
/// </summary>
internal sealed class GroupReader(ConsumerContext context, IReadOnlyList<StreamSource> sources) : IAsyncDisposable
{
    private readonly EventSubscription _subscription = context.Subscription;
    private readonly BlockingConnection _connection = new(
        context.Redis, sources[0].Key, $"{context.Subscription.Group}:{context.Subscription.Consumer}");
    private readonly Dictionary<string, StreamSource> _byName = sources.ToDictionary(source => source.Name, StringComparer.Ordinal);
    private readonly ReadSize _size = new(context.Options.BatchSize, sources.Count(source => !source.IsReplay));
    private StreamSource[] _from = [];
    private StreamPosition[] _positions = [];
    private RedisKey[] _gates = [];
    private bool _isBehind;

    /// <summary>Waits for entries, if it may; none after a few seconds, or when <paramref name="wake"/> is cancelled.</summary>
    /// <exception cref="RedisException">Redis is away, or a group is missing (NOGROUP).</exception>
    public async Task<GroupRead> ReadAsync(StreamSource[] from, bool mayBlock, CancellationToken wake)
    {
        Prepare(from);
        var read = await _connection.RunAsync<GroupRead>(_isBehind || !mayBlock ? ReadNowAsync : WaitAsync, wake);
        _isBehind = false;
        foreach (var (_, entries) in read.Parts)
        {
            _isBehind |= entries.Length >= _size.Count;
            _size.Learn(entries);
        }

        return read;
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task<GroupRead> WaitAsync(IDatabase database)
    {
        object[] arguments =
        [
            "GROUP", _subscription.Group, _subscription.Consumer, "COUNT", _size.Count, "BLOCK",
            (long)BlockingConnection.Block.TotalMilliseconds,
            "STREAMS", .. _from.Select(source => (object)source.Key), .. _from.Select(_ => (object)">"),
        ];
        var reading = database.ExecuteAsync("XREADGROUP", arguments);
        var asking = database.StringGetAsync(_gates);
        var parts = StreamReply.Parse(await reading);
        return new GroupRead([.. parts.Select(part => (_byName[part.Stream], part.Entries))], await asking);
    }

    /// <summary>There is more: no need to block, and the client reads this form of the reply with less effort.</summary>
    private async Task<GroupRead> ReadNowAsync(IDatabase database)
    {
        var reading = database.StreamReadGroupAsync(
            _positions, _subscription.Group, _subscription.Consumer, _size.Count, CommandFlags.None);
        var asking = database.StringGetAsync(_gates);
        var streams = await reading;
        return new GroupRead([.. streams.Select(stream => (_byName[stream.Key!], stream.Entries))], await asking);
    }

    private void Prepare(StreamSource[] from)
    {
        if (from.AsSpan().SequenceEqual(_from))
            return;
        _from = from;
        _positions = Array.ConvertAll(from, source => new StreamPosition(source.Key, StreamPosition.NewMessages));
        _gates = [.. from.Select(source => source.PauseKey), .. from.Where(_ => _subscription.IsOrdered).Select(source => source.OwnerKey)];
    }
}

/// <summary>What a read found, and what the gates of the sources it read from said just after.</summary>
/// <param name="Parts">The entries of each source that had any.</param>
/// <param name="Gates">The pause of each source that was read from; then, where an order is kept, the owner of each.</param>
internal readonly record struct GroupRead(IReadOnlyList<(StreamSource Source, StreamEntry[] Entries)> Parts, RedisValue[] Gates);
