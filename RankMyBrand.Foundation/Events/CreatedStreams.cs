using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// The streams that publishing has created. No configuration names them: whoever consumes or lists all streams finds them here.
/// </summary>
internal static class CreatedStreams
{
    private static readonly RedisKey s_key = "events:streams";

    /// <summary>Enters a stream; one that is there already is left.</summary>
    public static Task AddAsync(IDatabase redis, string stream) => redis.SetAddAsync(s_key, stream);

    /// <summary>Those that are not configured, by name.</summary>
    public static async Task<IReadOnlyList<string>> ListAsync(IDatabase redis, EventsOptions options)
    {
        if (!options.AutoCreateStreams)
            return [];
        var names = (await redis.SetMembersAsync(s_key)).Select(name => (string)name!);
        return [.. names.Where(name => !options.Streams.ContainsKey(name)).Order(StringComparer.Ordinal)];
    }
}
