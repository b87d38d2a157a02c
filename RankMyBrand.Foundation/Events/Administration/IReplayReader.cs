using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Reads what is to be replayed, in an order that is the same each time.</summary>
internal interface IReplayReader
{
    /// <summary>How many events there are; null where only reading them would tell, or counting takes too long.</summary>
    Task<long?> CountAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Reads what comes after a cursor, which is empty at first. A page without entries and with the same cursor is the end.
    /// </summary>
    Task<ReplayPage> ReadAsync(string cursor, int limit, CancellationToken cancellationToken);
}

/// <summary>Some events of a replay.</summary>
/// <param name="Entries">The fields of each, as they go into the replay stream.</param>
/// <param name="Cursor">Where the next page begins.</param>
/// <param name="Position">The time of the last one.</param>
internal readonly record struct ReplayPage(IReadOnlyList<NameValueEntry[]> Entries, string Cursor, DateTimeOffset Position);
