using System.Globalization;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Which groups are paused: a key for each group and key of a stream, in the slot of that key, and a channel for each group that wakes
/// its consumers. The keys are the truth; a message that is lost only makes a consumer see them later.
/// </summary>
internal sealed class GroupPauses(IConnectionMultiplexer redis)
{
    public static RedisKey KeyOf(string streamKey, string group) => $"{{{streamKey}}}:paused:{group}";

    public static RedisChannel ChannelOf(string group) => RedisChannel.Literal($"events:groups:{group}");

    public async Task<DateTimeOffset?> GetAsync(string streamKey, string group) =>
        (string?)await redis.GetDatabase().StringGetAsync(KeyOf(streamKey, group)) is { } text
            ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind)
            : null;

    public async Task SetAsync(IReadOnlyList<string> streamKeys, string group, DateTimeOffset now)
    {
        // A group that is paused already has been so since then.
        await Task.WhenAll(streamKeys.Select(key => redis.GetDatabase().StringSetAsync(
            KeyOf(key, group), now.ToString("O", CultureInfo.InvariantCulture), when: When.NotExists)));
        await WakeAsync(group);
    }

    public async Task ClearAsync(IReadOnlyList<string> streamKeys, string group)
    {
        await Task.WhenAll(streamKeys.Select(key => redis.GetDatabase().KeyDeleteAsync(KeyOf(key, group))));
        await WakeAsync(group);
    }

    private Task<long> WakeAsync(string group) => redis.GetSubscriber().PublishAsync(ChannelOf(group), RedisValue.EmptyString);
}
