using System.Globalization;
using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Reads the dead letters of a stream, those of all its partitions in one order.</summary>
internal sealed class DeadLetterReader(IDatabase redis, string stream, IReadOnlyList<string> keys)
{
    /// <summary>Few at a time: a payload may have a megabyte.</summary>
    private const int PageSize = 50;

    /// <summary>How many fields tell the story of the failure; the entry's own follow.</summary>
    private const int StoryFields = 8;

    /// <summary>Reads what the filter lets through, from the oldest or from the newest, after a place or from the start.</summary>
    public async IAsyncEnumerable<DeadLetter> ReadAsync(
        DeadLetterFilter filter, bool ascending, DeadLetterId? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var parts = keys.Select(
            (key, partition) => new Part(this, key, partition, BoundsOf(filter, ascending, after, partition), ascending)).ToArray();
        var next = new PriorityQueue<Part, DeadLetterId>(
            Comparer<DeadLetterId>.Create((a, b) => ascending ? DeadLetterId.Compare(a, b) : DeadLetterId.Compare(b, a)));
        foreach (var part in parts)
        {
            if (await part.MoveNextAsync(cancellationToken))
                next.Enqueue(part, part.Id);
        }

        while (next.TryDequeue(out var part, out _))
        {
            var letter = Read(part.Id, part.Entry);
            if (filter.Matches(letter))
                yield return letter;
            if (await part.MoveNextAsync(cancellationToken))
                next.Enqueue(part, part.Id);
        }
    }

    public async Task<DeadLetter?> FindAsync(DeadLetterId id)
    {
        if (id.Partition >= keys.Count)
            return null;
        var found = await redis.StreamRangeAsync(DeadLetters.NameOf(keys[id.Partition]), id.Entry.ToString(), id.Entry.ToString());
        return found.Length == 0 ? null : Read(id, found[0]);
    }

    private DeadLetter Read(DeadLetterId id, StreamEntry entry)
    {
        var hasStory = entry.Values.Length >= StoryFields && entry.Values[0].Name == "group" && entry.Values[1].Name == "entry_id";
        var fields = hasStory ? entry.Values[StoryFields..] : entry.Values;
        var entryId = hasStory ? (string)entry.Values[1].Value! : id.Entry.ToString();
        var letter = new DeadLetter(id.ToString(), stream)
        {
            EntryId = entryId,
            Event = EventEntry.TryRead(entryId, fields, out var @event, out _) ? @event : null,
            Fields = Array.ConvertAll(fields, field => new EntryField(field.Name!, (ReadOnlyMemory<byte>)field.Value)),
        };
        if (!hasStory)
            return letter;
        var story = entry.Values.Take(StoryFields).ToDictionary(
            field => (string)field.Name!, field => (string?)field.Value ?? "", StringComparer.Ordinal);
        return letter with
        {
            Group = story["group"],
            Consumer = story.GetValueOrDefault("consumer", ""),
            ErrorType = story.GetValueOrDefault("error_type", ""),
            ErrorMessage = story.GetValueOrDefault("error_message", ""),
            Attempts = int.TryParse(story.GetValueOrDefault("attempts"), CultureInfo.InvariantCulture, out var attempts) ? attempts : 0,
            FirstFailedAt = TimeOf(story.GetValueOrDefault("first_failed_at")),
            LastFailedAt = TimeOf(story.GetValueOrDefault("last_failed_at")),
        };
    }

    private static DateTimeOffset? TimeOf(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private static (string From, string To) BoundsOf(DeadLetterFilter filter, bool ascending, DeadLetterId? after, int partition)
    {
        var from = filter.From is { } earliest ? EntryId.RangeFrom(earliest) : "-";
        var to = filter.To is { } latest ? EntryId.RangeBefore(latest) : "+";
        if (after is not { } place)
            return (from, to);
        // Two partitions may have the same id; the order goes on with the next of them.
        return ascending
            ? (partition <= place.Partition ? $"({place.Entry}" : $"{place.Entry}", to)
            : (from, partition >= place.Partition ? $"({place.Entry}" : $"{place.Entry}");
    }

    /// <summary>The dead letters of one partition, page by page.</summary>
    private sealed class Part(DeadLetterReader reader, string key, int partition, (string From, string To) bounds, bool ascending)
    {
        private readonly Queue<StreamEntry> _page = new();
        private (string From, string To) _rest = bounds;
        private bool _ended;

        public DeadLetterId Id { get; private set; }

        public StreamEntry Entry { get; private set; }

        public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
        {
            if (_page.Count == 0 && !_ended)
                await FillAsync(cancellationToken);
            if (!_page.TryDequeue(out var entry))
                return false;
            (Entry, Id) = (entry, new DeadLetterId(EntryId.Parse(entry.Id!), partition));
            return true;
        }

        private async Task FillAsync(CancellationToken cancellationToken)
        {
            var order = ascending ? Order.Ascending : Order.Descending;
            var entries = await reader.Redis
                .StreamRangeAsync(DeadLetters.NameOf(key), _rest.From, _rest.To, PageSize, order).WaitAsync(cancellationToken);
            foreach (var entry in entries)
                _page.Enqueue(entry);
            _ended = entries.Length < PageSize;
            if (!_ended)
                _rest = ascending ? ($"({entries[^1].Id}", _rest.To) : (_rest.From, $"({entries[^1].Id}");
        }
    }

    private IDatabase Redis => redis;
}
