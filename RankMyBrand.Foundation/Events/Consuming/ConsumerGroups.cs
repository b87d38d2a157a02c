using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Looks at the consumer groups of a stream, pauses and resumes them.</summary>
public sealed class ConsumerGroups
{
    private readonly IConnectionMultiplexer _redis;
    private readonly EventsOptions _options;
    private readonly GroupPauses _pauses;
    private readonly TimeProvider _time;

    /// <summary>Made by <c>AddEventBus</c>.</summary>
    public ConsumerGroups(IConnectionMultiplexer redis, IOptions<EventsOptions> options, TimeProvider time)
    {
        (_redis, _options, _time) = (redis, options.Value, time);
        _pauses = new GroupPauses(redis);
    }

    /// <summary>The groups of a stream, by name; of a stream that nobody has used yet none. Those of its partitions are added up.</summary>
    /// <exception cref="EventRejectedException">There is no such stream.</exception>
    /// <exception cref="RedisException">Redis is away.</exception>
    public async Task<IReadOnlyList<ConsumerGroup>> ListAsync(string stream, CancellationToken cancellationToken)
    {
        var parts = await Task.WhenAll(KeysOf(stream).Select(ListKeyAsync)).WaitAsync(cancellationToken);
        return [.. parts.SelectMany(part => part)
            .GroupBy(part => part.Name, StringComparer.Ordinal)
            .Select(Sum)
            .OrderBy(group => group.Name, StringComparer.Ordinal)];
    }

    /// <summary>
    /// Pauses a group, in all processes and until <see cref="ResumeAsync"/>: nothing that is published after this has returned is
    /// handled. What a handler has begun, it ends.
    /// </summary>
    /// <returns>False when the stream has no such group.</returns>
    /// <exception cref="EventRejectedException">There is no such stream.</exception>
    /// <exception cref="RedisException">
    /// Redis is away; whether the group is paused is not known, and pausing it again does no harm.
    /// </exception>
    public async Task<bool> PauseAsync(string stream, string group, CancellationToken cancellationToken)
    {
        if (!await ExistsAsync(stream, group, cancellationToken))
            return false;
        await _pauses.SetAsync(KeysOf(stream), group, _time.GetUtcNow()).WaitAsync(cancellationToken);
        return true;
    }

    /// <summary>Has a paused group go on where it stopped; one that is not paused is left as it is.</summary>
    /// <inheritdoc cref="PauseAsync" path="/returns|/exception"/>
    public async Task<bool> ResumeAsync(string stream, string group, CancellationToken cancellationToken)
    {
        if (!await ExistsAsync(stream, group, cancellationToken))
            return false;
        await _pauses.ClearAsync(KeysOf(stream), group).WaitAsync(cancellationToken);
        return true;
    }

    private IReadOnlyList<string> KeysOf(string stream) =>
        _options.Refuse(stream) is { } refusal ? throw new EventRejectedException(refusal) : _options.KeysOf(stream);

    private async Task<bool> ExistsAsync(string stream, string group, CancellationToken cancellationToken)
    {
        var groups = await Task.WhenAll(KeysOf(stream).Select(GroupsAsync)).WaitAsync(cancellationToken);
        return groups.Any(part => part.Any(info => info.Name == group));
    }

    private async Task<ConsumerGroup[]> ListKeyAsync(string key) =>
        await Task.WhenAll((await GroupsAsync(key)).Select(info => DescribeAsync(key, info)));

    private async Task<StreamGroupInfo[]> GroupsAsync(string key)
    {
        try
        {
            return await _redis.GetDatabase().StreamGroupInfoAsync(key);
        }
        catch (RedisServerException e) when (MissingKey.Is(e))
        {
            return [];
        }
    }

    private async Task<ConsumerGroup> DescribeAsync(string key, StreamGroupInfo info)
    {
        var database = _redis.GetDatabase();
        var consumers = database.StreamConsumerInfoAsync(key, info.Name);
        var pending = database.StreamPendingAsync(key, info.Name);
        var pausedAt = _pauses.GetAsync(key, info.Name);
        var replayed = GroupsAsync(ReplayStream.NameOf(key, info.Name));
        return new ConsumerGroup(info.Name)
        {
            Lag = info.Lag,
            Pending = info.PendingMessageCount,
            OldestPendingAge = AgeOf((await pending).LowestPendingMessageId),
            Replaying = (await replayed).Where(group => group.Name == info.Name).Sum(group => group.PendingMessageCount + (group.Lag ?? 0)),
            PausedAt = await pausedAt,
            Consumers = [.. (await consumers).Select(consumer =>
                new GroupConsumer(
                    consumer.Name, consumer.PendingMessageCount, TimeSpan.FromMilliseconds(consumer.IdleTimeInMilliseconds)))],
        };
    }

    private TimeSpan? AgeOf(RedisValue entryId)
    {
        if (entryId.IsNullOrEmpty)
            return null;
        var age = _time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds((long)EntryId.Parse(entryId!).Milliseconds);
        return age > TimeSpan.Zero ? age : TimeSpan.Zero;
    }

    private static ConsumerGroup Sum(IGrouping<string, ConsumerGroup> parts) => new(parts.Key)
    {
        Lag = parts.Aggregate((long?)0, (sum, part) => sum + part.Lag),
        Pending = parts.Sum(part => part.Pending),
        Replaying = parts.Sum(part => part.Replaying),
        OldestPendingAge = parts.Max(part => part.OldestPendingAge),
        PausedAt = parts.Min(part => part.PausedAt),
        Consumers = [.. parts.SelectMany(part => part.Consumers)
            .GroupBy(consumer => consumer.Name, StringComparer.Ordinal)
            .Select(same => new GroupConsumer(same.Key, same.Sum(consumer => consumer.Pending), same.Min(consumer => consumer.Idle)))],
    };
}
