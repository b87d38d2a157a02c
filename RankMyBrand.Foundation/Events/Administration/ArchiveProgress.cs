using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Tells when the archive has everything that a stream held at a moment.</summary>
internal sealed class ArchiveProgress(IDatabase redis, IReadOnlyList<string> keys)
{
    private Dictionary<string, EntryId>? _boundary;

    /// <summary>
    /// True when the archive has stored all that the stream held at the first call. A stream that is not
    /// archived has nothing to wait for.
    /// </summary>
    public async Task<bool> IsPastAsync()
    {
        if (_boundary is null)
        {
            var boundary = new Dictionary<string, EntryId>(StringComparer.Ordinal);
            foreach (var key in keys)
                boundary[key] = EntryId.Parse((await redis.StreamInfoAsync(key)).LastGeneratedId!);
            _boundary = boundary;
        }

        foreach (var (key, boundary) in _boundary)
        {
            // Whatever is read between the two answers is beyond the boundary, or was read before it.
            var groups = await redis.StreamGroupInfoAsync(key);
            var archive = groups.FirstOrDefault(group => group.Name == EventStoreExtensions.ArchiveGroup);
            if (archive.Name is null)
                continue;
            if (EntryId.Parse(archive.LastDeliveredId!) < boundary)
                return false;
            var pending = await redis.StreamPendingAsync(key, EventStoreExtensions.ArchiveGroup);
            if (pending.PendingMessageCount > 0 && EntryId.Parse(pending.LowestPendingMessageId!) <= boundary)
                return false;
        }

        return true;
    }
}
