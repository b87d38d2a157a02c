using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>That a command, such as one that asks about a stream, has found no key of that name.</summary>
internal static class MissingKey
{
    public static bool Is(RedisServerException e) => e.Message.StartsWith("ERR no such key", StringComparison.Ordinal);
}
