using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// The dead letters of the streams: looks at them, gives them back to the group that could not handle them, or discards them. Doing
/// either again is harmless: what is done already counts as missing. A process that ends half-way has done a part, and loses nothing.
/// </summary>
public sealed partial class DeadLetterBox
{
    /// <summary>The most dead letters that a page holds.</summary>
    public const int MaxPage = 100;

    private const int Chunk = 50;

    private readonly IConnectionMultiplexer _redis;
    private readonly EventsOptions _options;
    private readonly ILogger _logger;

    /// <summary>Made by <c>AddEventBus</c>.</summary>
    public DeadLetterBox(IConnectionMultiplexer redis, IOptions<EventsOptions> options, ILogger<DeadLetterBox> logger) =>
        (_redis, _options, _logger) = (redis, options.Value, logger);

    /// <summary>True for a text that has the form of a <see cref="DeadLetter.Id"/>.</summary>
    public static bool IsId(string text) => DeadLetterId.TryParse(text, out _);

    /// <summary>How many dead letters a stream has.</summary>
    /// <exception cref="EventRejectedException">There is no such stream.</exception>
    /// <exception cref="RedisException">Redis is away.</exception>
    public async Task<long> CountAsync(string stream, CancellationToken cancellationToken)
    {
        var lengths = await Task.WhenAll(KeysOf(stream).Select(key => _redis.GetDatabase().StreamLengthAsync(DeadLetters.NameOf(key))))
            .WaitAsync(cancellationToken);
        return lengths.Sum();
    }

    /// <summary>Reads a page of dead letters.</summary>
    /// <param name="filter">Which ones.</param>
    /// <param name="ascending">True from the oldest, false from the newest.</param>
    /// <param name="limit">How many at most, 1 to <see cref="MaxPage"/>.</param>
    /// <param name="after"><see cref="DeadLetterPage.NextCursor"/> of the page before, or null.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="FormatException"><paramref name="after"/> is not a cursor.</exception>
    /// <inheritdoc cref="CountAsync" path="/exception"/>
    public async Task<DeadLetterPage> ListAsync(
        DeadLetterFilter filter, bool ascending, int limit, string? after, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxPage);
        var items = new List<DeadLetter>();
        DeadLetterId? cursor = after is null ? null : Parse(after);
        await foreach (var letter in ReaderOf(filter.Stream).ReadAsync(filter, ascending, cursor, cancellationToken))
        {
            // One more than asked for tells whether there is a next page.
            if (items.Count == limit)
                return new DeadLetterPage(items, items[^1].Id);
            items.Add(letter);
        }

        return new DeadLetterPage(items, null);
    }

    /// <summary>Reads one dead letter; null when it is not there.</summary>
    /// <exception cref="FormatException"><paramref name="id"/> is not the id of a dead letter.</exception>
    /// <inheritdoc cref="CountAsync" path="/exception"/>
    public Task<DeadLetter?> FindAsync(string stream, string id, CancellationToken cancellationToken) =>
        ReaderOf(stream).FindAsync(Parse(id)).WaitAsync(cancellationToken);

    /// <summary>
    /// Gives dead letters back to their groups, each in one step: it stands in the group's replay stream, with all its attempts before it,
    /// and is a dead letter no more. Other groups do not see it.
    /// </summary>
    /// <inheritdoc cref="FindAsync" path="/exception"/>
    public async Task<DeadLetterOutcome> ReplayAsync(string stream, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        var (reader, outcome) = (ReaderOf(stream), default(DeadLetterOutcome));
        foreach (var some in ids.Distinct(StringComparer.Ordinal).Select(Parse).Chunk(Chunk))
        {
            var letters = await Task.WhenAll(some.Select(reader.FindAsync)).WaitAsync(cancellationToken);
            outcome += new DeadLetterOutcome(0, letters.Count(letter => letter is null), 0);
            outcome += await ReplayAsync([.. letters.OfType<DeadLetter>()], cancellationToken);
        }

        return outcome;
    }

    /// <summary>Gives all dead letters back that match and are there when this begins: one that dies again meanwhile stays dead.</summary>
    /// <inheritdoc cref="CountAsync" path="/exception"/>
    public Task<DeadLetterOutcome> ReplayAsync(DeadLetterFilter filter, CancellationToken cancellationToken) =>
        ForAllAsync(filter, letters => ReplayAsync(letters, cancellationToken), cancellationToken);

    /// <summary>Removes dead letters for good.</summary>
    /// <inheritdoc cref="FindAsync" path="/exception"/>
    public async Task<DeadLetterOutcome> DiscardAsync(
        string stream, IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        await DiscardAsync(stream, [.. ids.Distinct(StringComparer.Ordinal).Select(Parse)], cancellationToken);

    /// <summary>Removes all dead letters for good that match and are there when this begins.</summary>
    /// <inheritdoc cref="CountAsync" path="/exception"/>
    public Task<DeadLetterOutcome> DiscardAsync(DeadLetterFilter filter, CancellationToken cancellationToken) =>
        ForAllAsync(
            filter,
            letters => DiscardAsync(filter.Stream, [.. letters.Select(letter => Parse(letter.Id))], cancellationToken),
            cancellationToken);

    private async Task<DeadLetterOutcome> ReplayAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        var outcome = default(DeadLetterOutcome);
        foreach (var same in letters.GroupBy(letter => (letter.Stream, letter.Group, Parse(letter.Id).Partition)))
        {
            var key = StreamPartitions.KeyOf(same.Key.Stream, same.Key.Partition);
            RedisValue[] values =
                [same.Key.Group, ReplayStream.OriginField, .. same.Select(letter => (RedisValue)Parse(letter.Id).Entry.ToString())];
            var reply = (long[])(await _redis.GetDatabase()
                .ScriptEvaluateAsync(
                    Script.ReplayDeadLetters, [key, DeadLetters.NameOf(key), ReplayStream.NameOf(key, same.Key.Group)], values)
                .WaitAsync(cancellationToken))!;
            if (reply[0] > 0)
                LogReplayed(_logger, reply[0], same.Key.Stream, same.Key.Group);
            outcome += new DeadLetterOutcome(reply[0], reply[1], reply[2]);
        }

        return outcome;
    }

    private async Task<DeadLetterOutcome> DiscardAsync(string stream, DeadLetterId[] ids, CancellationToken cancellationToken)
    {
        var (keys, done) = (KeysOf(stream), 0L);
        foreach (var same in ids.Where(id => id.Partition < keys.Count).GroupBy(id => id.Partition))
        {
            foreach (var some in same.Chunk(Chunk))
            {
                done += await _redis.GetDatabase()
                    .StreamDeleteAsync(DeadLetters.NameOf(keys[same.Key]), Array.ConvertAll(some, id => (RedisValue)id.Entry.ToString()))
                    .WaitAsync(cancellationToken);
            }
        }

        if (done > 0)
            LogDiscarded(_logger, done, stream);
        return new DeadLetterOutcome(done, ids.Length - done, 0);
    }

    private async Task<DeadLetterOutcome> ForAllAsync(
        DeadLetterFilter filter, Func<IReadOnlyList<DeadLetter>, Task<DeadLetterOutcome>> act, CancellationToken cancellationToken)
    {
        var last = await ListAsync(filter, ascending: false, limit: 1, after: null, cancellationToken);
        if (last.Items.Count == 0)
            return default;
        var (end, outcome, letters) = (Parse(last.Items[0].Id), default(DeadLetterOutcome), new List<DeadLetter>(Chunk));
        await foreach (var letter in ReaderOf(filter.Stream).ReadAsync(filter, ascending: true, after: null, cancellationToken))
        {
            if (DeadLetterId.Compare(Parse(letter.Id), end) > 0)
                break;
            letters.Add(letter);
            if (letters.Count < Chunk)
                continue;
            outcome += await act(letters);
            letters.Clear();
        }

        return letters.Count == 0 ? outcome : outcome + await act(letters);
    }

    private DeadLetterReader ReaderOf(string stream) => new(_redis.GetDatabase(), stream, KeysOf(stream));

    private IReadOnlyList<string> KeysOf(string stream) =>
        _options.Refuse(stream) is { } refusal ? throw new EventRejectedException(refusal) : _options.KeysOf(stream);

    private static DeadLetterId Parse(string id) =>
        DeadLetterId.TryParse(id, out var parsed)
            ? parsed
            : throw new FormatException($"'{id}' is not the id of a dead letter; one looks like 1763683200000-0.");

    [LoggerMessage(160, LogLevel.Information, "Replayed {Count} dead letters of {Stream} into group {Group}")]
    private static partial void LogReplayed(ILogger logger, long count, string stream, string group);

    [LoggerMessage(161, LogLevel.Information, "Discarded {Count} dead letters of {Stream}")]
    private static partial void LogDiscarded(ILogger logger, long count, string stream);
}
