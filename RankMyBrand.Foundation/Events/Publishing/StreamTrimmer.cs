using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Removes what a stream need not hold any more: entries that every group has acknowledged, as far as the stream is too long or they
/// are older than its retention. The length is that of all partitions together.
/// </summary>
internal sealed class StreamTrimmer(IDatabase redis, IReadOnlyList<RedisKey> keys, StreamOptions options)
{
    /// <summary>The name of a stream that no configuration has, and publishing creates; null for others.</summary>
    public string? Created { get; init; }

    /// <summary>A little below the limit, so that a full stream under load is not trimmed once an event.</summary>
    private readonly long _target = options.MaxLength - Math.Max(1, options.MaxLength / 20);

    private readonly long _retention = (long)(options.Retention?.TotalMilliseconds ?? 0);

    /// <summary>Trims and returns the length.</summary>
    public async Task<long> TrimAsync()
    {
        // Nothing of it is acknowledged before the archive knows it. Entered each time, for Redis may have lost its data.
        if (Created is not null)
            await CreatedStreams.AddAsync(redis, Created);
        if (keys.Count == 1)
            return await TrimAsync(keys[0], _target, options.MaxLength);

        var lengths = await Task.WhenAll(keys.Select(key => redis.StreamLengthAsync(key)));
        var total = lengths.Sum();
        // The longest first: it is where the excess comes from.
        foreach (var partition in Enumerable.Range(0, keys.Count).OrderByDescending(partition => lengths[partition]))
        {
            if (total <= _target && _retention == 0)
                break;
            var rest = total - lengths[partition];
            total = rest + await TrimAsync(keys[partition], Math.Max(0, _target - rest), Math.Max(0, options.MaxLength - rest));
        }

        return total;
    }

    private async Task<long> TrimAsync(RedisKey key, long target, long limit) =>
        (long)await redis.ScriptEvaluateAsync(Script.TrimAcknowledged, [key], [target, limit, _retention]);
}
