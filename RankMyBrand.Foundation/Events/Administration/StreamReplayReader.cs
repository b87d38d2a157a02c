using System.Globalization;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Replays what a Redis stream still holds: partition after partition, each in its order.</summary>
internal sealed class StreamReplayReader(IDatabase redis, ReplayRequest request, IReadOnlyList<string> keys) : IReplayReader
{
    private readonly ReadSize _size = new(ReplayRun.PageSize, sources: 1);

    public async Task<long?> CountAsync(CancellationToken cancellationToken)
    {
        if (request is not { From: null, Type: null, Tenant: null })
            return null;
        var lengths = await Task.WhenAll(keys.Select(key => redis.StreamLengthAsync(key))).WaitAsync(cancellationToken);
        return lengths.Sum();
    }

    public async Task<ReplayPage> ReadAsync(string cursor, int limit, CancellationToken cancellationToken)
    {
        var (partition, after) = Parse(cursor);
        while (partition < keys.Count)
        {
            var from = after.Length > 0 ? $"({after}" : request.From is { } earliest ? EntryId.RangeFrom(earliest) : "-";
            var to = request.To is { } latest ? EntryId.RangeBefore(latest) : "+";
            var entries = await redis.StreamRangeAsync(
                keys[partition], from, to, Math.Min(limit, _size.Count)).WaitAsync(cancellationToken);
            if (entries.Length > 0)
            {
                _size.Learn(entries);
                var last = (string)entries[^1].Id!;
                return new ReplayPage(
                    [.. entries.Where(IsWanted).Select(Mark)],
                    string.Create(CultureInfo.InvariantCulture, $"{partition}/{last}"),
                    DateTimeOffset.FromUnixTimeMilliseconds((long)EntryId.Parse(last).Milliseconds));
            }

            (partition, after) = (partition + 1, "");
        }

        return new ReplayPage([], cursor, default);
    }

    private bool IsWanted(StreamEntry entry) =>
        (request.Type is null || entry["event_type"] == request.Type)
        && (request.Tenant is null || (entry["tenant"].IsNull ? EventStore.DefaultTenant : (string?)entry["tenant"]) == request.Tenant);

    private static NameValueEntry[] Mark(StreamEntry entry) =>
        [.. entry.Values.Where(field => field.Name != ReplayStream.OriginField), new NameValueEntry(ReplayStream.OriginField, entry.Id)];

    private static (int Partition, string After) Parse(string cursor)
    {
        if (cursor.Length == 0)
            return (0, "");
        var slash = cursor.IndexOf('/', StringComparison.Ordinal);
        return (int.Parse(cursor.AsSpan(0, slash), CultureInfo.InvariantCulture), cursor[(slash + 1)..]);
    }
}
