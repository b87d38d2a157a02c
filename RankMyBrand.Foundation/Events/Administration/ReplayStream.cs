using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// The Redis stream through which a group gets events once more. It is the group's own: other groups of the stream, and consumers of the
/// first event bus, never see what is replayed. An entry is the original one and the id that it had.
/// </summary>
internal static class ReplayStream
{
    /// <summary>The field that holds the id of the original entry.</summary>
    public const string OriginField = "replay_of";

    /// <summary>The replay stream of a group, for a stream or a partition; in a cluster it lies in its slot.</summary>
    public static string NameOf(string streamKey, string group) => $"{{{streamKey}}}:replay:{group}";

    /// <summary>The id that a replayed entry had in its stream.</summary>
    public static string OriginOf(StreamEntry entry) =>
        entry[OriginField] is { IsNullOrEmpty: false } origin ? origin.ToString() : entry.Id.ToString();
}
