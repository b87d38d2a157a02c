using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Where replays are kept. In a cluster all of a stream's lie in its slot.</summary>
internal static class ReplayKeys
{
    /// <summary>The streams that have had replays. A stream is entered before its first replay, so that none is ever overlooked.</summary>
    public static RedisKey Streams { get; } = "events:replays";

    public static RedisKey OfStream(string stream) => $"{{{stream}}}:replays";

    public static RedisKey Of(string stream, string id) => $"{{{stream}}}:replays:{id}";
}
